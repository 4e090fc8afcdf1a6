package engine_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// TestForkIsIndependent changes one part of a node or of its fork. The other one must not change.
func TestForkIsIndependent(t *testing.T) {
	ask := func(lines ...string) func(*testing.T, *engine.Engine) string {
		return func(t *testing.T, e *engine.Engine) string {
			var all string
			for _, line := range lines {
				all += apply(t, e, line).String() + "\n"
			}
			return all
		}
	}
	change := func(lines ...string) func(*testing.T, *engine.Engine) {
		return func(t *testing.T, e *engine.Engine) { must(t, e, lines...) }
	}
	const read = `{"op":"content.read","ns":"default","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}`
	for _, part := range []struct {
		name   string
		change func(*testing.T, *engine.Engine)
		look   func(*testing.T, *engine.Engine) string
	}{
		{"metadata", change(`{"op":"leases.create","ns":"default","id":"new"}`), ask(`{"op":"leases.list","ns":"default"}`)},
		{"blobs", change(`{"op":"leases.delete","ns":"default","id":"l"}`, `{"op":"collect"}`), ask(read)},
		{"ingests", change(`{"op":"writers.open","ns":"default","name":"w","ref":"open"}`, `{"op":"writers.write","name":"w","data":"more"}`),
			ask(`{"op":"content.status","ns":"default","ref":"open"}`)},
		{"snapshots", change(`{"op":"snapshots.remove","ns":"default","snapshotter":"native","key":"s"}`, `{"op":"collect"}`),
			ask(`{"op":"snapshots.mounts","ns":"default","snapshotter":"native","key":"s"}`)},
		{"clock", change(`{"op":"clock.advance","by":"1h"}`), ask(`{"op":"clock.now"}`)},
		{"random source", func(_ *testing.T, e *engine.Engine) { e.Rand().Uint64() },
			func(_ *testing.T, e *engine.Engine) string { return e.Hash().String() }},
		{"schedule", change(`{"op":"schedule.trigger"}`), ask(`{"op":"schedule.state"}`)},
		{"events", change(`{"op":"events"}`), func(_ *testing.T, e *engine.Engine) string { return engine.Result{Value: e.Events()}.String() }},
		{"faults", change(`{"op":"faults.set","name":"x","fault":{"on":"kv","call":"view","error":"unavailable"}}`), ask(`{"op":"images.list","ns":"default"}`)},
		{"counts of faults", func(t *testing.T, e *engine.Engine) {
			must(t, e, `{"op":"leases.create","ns":"default","id":"x"}`, `{"op":"leases.delete","ns":"default","id":"x"}`)
		},
			func(t *testing.T, e *engine.Engine) string {
				return apply(t, e.Fork(), `{"op":"leases.create","ns":"default","id":"y"}`).String()
			}},
		{"collectors", change(`{"op":"collectors.set","type":9,"script":{"label":"other"}}`), ask(`{"op":"collectors.get","type":9}`)},
		{"daemon", change(`{"op":"node.kill"}`), ask(`{"op":"images.list","ns":"default"}`)},
	} {
		for _, side := range []string{"the fork", "the original"} {
			t.Run(part.name+" of "+side, func(t *testing.T) {
				e := newEngine(t)
				must(t, e,
					`{"op":"leases.create","ns":"default","id":"l"}`,
					`{"op":"writers.open","ns":"default","lease":"l","name":"w","ref":"r"}`,
					`{"op":"writers.write","name":"w","data":"a"}`,
					`{"op":"writers.commit","ns":"default","lease":"l","name":"w"}`,
					`{"op":"writers.close","name":"w"}`,
					`{"op":"writers.open","ns":"default","lease":"l","name":"open","ref":"open"}`,
					`{"op":"writers.close","name":"open"}`,
					`{"op":"snapshots.prepare","ns":"default","lease":"l","snapshotter":"native","key":"s"}`,
					`{"op":"collectors.set","type":9,"script":{"label":"stream","things":[{"namespace":"default","key":"a"}]}}`,
					`{"op":"faults.set","name":"second","fault":{"on":"kv","call":"commit","nth":"3","times":"1","error":"aborted"}}`,
				)
				f := e.Fork()
				if e.Hash() != f.Hash() {
					t.Fatal("the hashes of a node and its fork differ")
				}
				changed, other := f, e
				if side == "the original" {
					changed, other = e, f
				}
				before := part.look(t, other.Fork())
				if got := part.look(t, changed.Fork()); got != before {
					t.Fatalf("the fork differs:\n%s\n%s", got, before)
				}
				part.change(t, changed)
				if got := part.look(t, other); got != before {
					t.Errorf("before:\n%s\nafter a change elsewhere:\n%s", before, got)
				}
				if got := part.look(t, changed); got == before {
					t.Errorf("the change has no effect: %s", got)
				}
			})
		}
	}
}

// TestForkLeavesHandles forks a node that has an open writer and an open transaction.
func TestForkLeavesHandles(t *testing.T) {
	e := newEngine(t)
	must(t, e,
		`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`,
		`{"op":"writers.write","name":"w","data":"both "}`,
		`{"op":"tx.begin","name":"t","writable":true}`,
		`{"op":"images.create","ns":"default","tx":"t","image":{"name":"a","target":{"mediaType":"m","size":"1","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}}`,
		`{"op":"node.fork","name":"f"}`,
		`{"op":"tx.commit","name":"t"}`,
		`{"op":"images.get","ns":"default","name":"a"}`,
	)
	if r := apply(t, e, `{"op":"images.get","fork":"f","ns":"default","name":"a"}`); r.Code != op.NotFound {
		t.Errorf("the fork has an uncommitted image: %s", r)
	}
	if r := apply(t, e, `{"op":"writers.write","fork":"f","name":"w","data":"x"}`); r.Code != op.NotFound {
		t.Errorf("the fork has the writer: %s", r)
	}
	must(t, e,
		`{"op":"writers.open","fork":"f","ns":"default","name":"w","ref":"r"}`,
		`{"op":"writers.write","fork":"f","name":"w","data":"forked"}`,
		`{"op":"writers.write","name":"w","data":"original"}`,
		`{"op":"writers.commit","fork":"f","ns":"default","name":"w","size":"11"}`,
		`{"op":"writers.commit","ns":"default","name":"w","size":"13"}`,
	)
	if e.Clock().Now() != engine.Start {
		t.Error("the clock moved without a call")
	}
}

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// pull is what a client does to have an image, unpack it and let it go again, with
// the collections that fall between.
var pull = []string{
	`{"op":"namespaces.create","name":"default"}`,
	`{"op":"leases.create","ns":"default","id":"l"}`,
	`{"op":"writers.open","ns":"default","lease":"l","name":"w","ref":"r"}`,
	`{"op":"writers.write","name":"w","data":"a"}`,
	`{"op":"writers.commit","ns":"default","lease":"l","name":"w","labels":{"containerd.io/gc.ref.snapshot.native":"layer"}}`,
	`{"op":"writers.close","name":"w"}`,
	`{"op":"snapshots.prepare","ns":"default","lease":"l","snapshotter":"native","key":"unpack"}`,
	`{"op":"snapshots.commit","ns":"default","lease":"l","snapshotter":"native","key":"unpack","name":"layer"}`,
	`{"op":"images.create","ns":"default","image":{"name":"a","target":{"mediaType":"m","size":"1","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}}`,
	`{"op":"leases.delete","ns":"default","id":"l"}`,
	`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"box","parent":"layer"}`,
	`{"op":"collect"}`,
	`{"op":"writers.open","ns":"default","name":"w2","ref":"left"}`,
	`{"op":"content.abort","ns":"default","ref":"left"}`,
	`{"op":"images.delete","ns":"default","name":"a"}`,
	`{"op":"collect"}`,
}

// TestKillEverywhere kills the daemon at each call that it makes to its database and
// its backends, before and after it, and looks at what a restarted one finds: a sound
// database, whose every blob and snapshot is in the backends, and after a collection
// nothing else.
func TestKillEverywhere(t *testing.T) {
	kills := 0
	for _, on := range []string{"kv", "content", "snapshots/native", ""} {
		for _, after := range []bool{false, true} {
			for nth := uint64(1); ; nth++ {
				e := newEngine(t)
				if err := e.SetFault("kill", engine.Fault{On: on, Nth: nth, Times: 1, After: after, Kill: true}); err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("%s call %d, after %t", on, nth, after)
				died := false
				for _, line := range pull {
					r := apply(t, e, line)
					if e.Down() {
						died = true
						what += ": " + line
						break
					} else if r.Code == op.Down {
						t.Fatalf("%s: %s: %s, and it lives", what, line, r)
					}
				}
				if !died {
					break
				}
				kills++
				if r := apply(t, e, `{"op":"images.list","ns":"default"}`); r.Code != op.Down || !errors.Is(r.Err(), engine.ErrDown) || !errdefs.IsUnavailable(r.Err()) {
					t.Fatalf("%s: a dead daemon answers %s", what, r)
				}
				before := must(t, e, `{"op":"dump"}`).String()
				must(t, e, `{"op":"node.restart"}`)
				if got := must(t, e, `{"op":"dump"}`).String(); got != before {
					t.Fatalf("%s: the restart changed\n%s\nto\n%s", what, before, got)
				}
				sound(t, e, what)
				must(t, e, `{"op":"collect"}`)
				sound(t, e, what)
				noOrphans(t, e, what)
			}
		}
	}
	if t.Logf("%d kills", kills); kills < 80 {
		t.Errorf("only %d kills", kills)
	}
}

// sound checks the database against the backends.
func sound(t *testing.T, e *engine.Engine, what string) {
	t.Helper()
	fsck, err := e.Fsck()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fsck.Findings {
		// A crash between the backend's commit and the database's leaves the record of the active snapshot, which the
		// backend no longer has. containerd does the same. Fsck has to find it.
		if f.Check == "snapshot-lost" && strings.Contains(what, `"snapshots.commit"`) {
			continue
		}
		if f.Severity == "error" {
			t.Errorf("%s: %+v", what, f)
		}
	}
	for _, line := range []string{
		`{"op":"snapshots.walk","ns":"default","snapshotter":"native"}`,
		`{"op":"content.walk","ns":"default"}`,
	} {
		must(t, e, line)
	}
	names := must(t, e, `{"op":"dump"}`).Value.(string)
	for _, key := range []string{"box", "layer", "unpack"} {
		_, stored := e.Inspect("snapshot/default/native/" + key)
		r := apply(t, e, fmt.Sprintf(`{"op":"snapshots.stat","ns":"default","snapshotter":"native","key":%q}`, key))
		// A snapshotter commits a snapshot under its new name before the database does,
		// in containerd too: who dies between the two has lost the active one.
		lost := key == "unpack" && strings.Contains(what, "snapshots.commit")
		if (stored == nil) != (r.Code == op.OK) && !lost {
			t.Errorf("%s: snapshot %q: %v, %s\n%s", what, key, stored, r, names)
		}
	}
}

// noOrphans checks that the backends have nothing that the database doesn't name.
func noOrphans(t *testing.T, e *engine.Engine, what string) {
	t.Helper()
	dump := must(t, e, `{"op":"dump"}`).Value.(string)
	for _, left := range e.Leftovers(context.Background()) {
		if !strings.Contains(dump, left) {
			t.Errorf("%s: %q is left in a backend", what, left)
		}
	}
}

// TestKillKeepsWhatWasCommitted kills a daemon after the commit of a transaction that
// its caller then takes for failed.
func TestKillKeepsWhatWasCommitted(t *testing.T) {
	for _, after := range []bool{false, true} {
		e := newEngine(t)
		if err := e.SetFault("kill", engine.Fault{On: "kv", Call: "commit", After: after, Kill: true, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if r := apply(t, e, `{"op":"leases.create","ns":"default","id":"l"}`); r.Code != op.Down {
			t.Errorf("after %t: %s", after, r)
		}
		must(t, e, `{"op":"node.restart"}`)
		leases := must(t, e, `{"op":"leases.list","ns":"default"}`)
		if got := strings.Contains(leases.String(), `"id":"l"`); got != after {
			t.Errorf("after %t: %s", after, leases)
		}
	}
}

// TestKillEndsHandles restarts a daemon with a transaction, a writer and a reader open.
func TestKillEndsHandles(t *testing.T) {
	e := newEngine(t)
	must(t, e, pull[:6]...)
	must(t, e,
		`{"op":"writers.open","ns":"default","name":"w","ref":"r2"}`,
		`{"op":"writers.write","name":"w","data":"kept"}`,
		`{"op":"readers.open","ns":"default","name":"r","desc":{"digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}`,
		`{"op":"tx.begin","name":"t","writable":true}`,
		`{"op":"leases.create","ns":"default","tx":"t","id":"uncommitted"}`,
	)
	store := e.Images()
	must(t, e, `{"op":"node.crash"}`)
	for _, line := range []string{
		`{"op":"tx.commit","name":"t"}`, `{"op":"writers.write","name":"w","data":"x"}`, `{"op":"readers.read","name":"r"}`,
	} {
		if r := apply(t, e, line); r.Code != op.NotFound {
			t.Errorf("%s: %s", line, r)
		}
	}
	if _, err := store.List(namespaced("default")); !errors.Is(err, engine.ErrDown) {
		t.Errorf("a store of the dead daemon: %v", err)
	}
	if r := must(t, e, `{"op":"leases.list","ns":"default"}`); strings.Contains(r.String(), "uncommitted") {
		t.Errorf("what was not committed is there: %s", r)
	}
	r := must(t, e, `{"op":"writers.open","ns":"default","name":"w","ref":"r2"}`)
	if !strings.Contains(r.String(), `"offset":"4"`) {
		t.Errorf("the ingest was not kept: %s", r)
	}
}

func namespaced(name string) context.Context {
	return namespaces.WithNamespace(context.Background(), name)
}

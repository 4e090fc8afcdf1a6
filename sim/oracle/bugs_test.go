package oracle_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A bug is a wrong behaviour of a node, with a trace that shows it. op changes an Op before the node applies it; after
// changes the node after an Op. Either may be nil.
type bug struct {
	name   string
	trace  string
	op     func(engine.Op) engine.Op
	after  func(*engine.Engine, engine.Op)
	rule   oracle.Rule
	detail string // how the detail begins
}

const (
	// Only a lease keeps the blob.
	blob = `
		{"op":"leases.create","ns":"a","id":"l"}
		{"op":"writers.open","ns":"a","lease":"l","name":"w","ref":"r"}
		{"op":"writers.write","name":"w","data":"hello"}
		{"op":"writers.commit","lease":"l","name":"w","expected":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
		{"op":"writers.close","name":"w"}`
	// Only a sharing ingest of another namespace keeps the blob's bytes.
	standIn = blob + `
		{"op":"writers.open","ns":"b","name":"x","ref":"s","desc":{"digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}
		{"op":"leases.delete","ns":"a","id":"l"}
		{"op":"collect"}`
	// Only a Collector's resource keeps the blob, and only the blob keeps another resource.
	streams = blob + `
		{"op":"collectors.set","type":16,"script":{"label":"stream","things":[{"namespace":"a","key":"s","active":true,"refs":["content/a/sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]},{"namespace":"a","key":"t","backRefs":["content/a/sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]},{"namespace":"a","key":"u"}]}}
		{"op":"leases.delete","ns":"a","id":"l"}
		{"op":"collect"}
		{"op":"collectors.set","type":16,"script":{"label":"stream"}}
		{"op":"collect"}`
	transaction = blob + `
		{"op":"tx.begin","name":"t","writable":true}
		{"op":"leases.create","ns":"a","id":"m","tx":"t"}
		{"op":"leases.addresource","ns":"a","id":"m","resource":{"id":"i","type":"images"},"tx":"t"}
		{"op":"leases.delete","ns":"a","id":"l","tx":"t"}
		{"op":"leases.addresource","ns":"a","id":"l","resource":{"id":"i","type":"images"},"tx":"t"}
		{"op":"images.create","ns":"a","image":{"name":"i","target":{"mediaType":"text/plain","size":"5","digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}},"tx":"t"}
		{"op":"images.get","ns":"a","name":"i"}
		{"op":"tx.commit","name":"t"}
		{"op":"tx.begin","name":"u","writable":true}
		{"op":"leases.delete","ns":"a","id":"m","tx":"u"}
		{"op":"tx.rollback","name":"u"}
		{"op":"leases.create","ns":"a","id":"m"}`
	// A call ends the transaction a second time, while its commit is suspended.
	committing = `
		{"op":"tx.begin","name":"t","writable":true}
		{"op":"leases.create","ns":"a","id":"m","tx":"t"}
		{"op":"faults.set","fault":{"delay":"1s"}}
		{"op":"tx.commit","call":"c","name":"t"}
		{"op":"faults.clear"}
		{"op":"tx.rollback","name":"t"}
		{"op":"clock.advance","by":"1s"}
		{"op":"calls.resume","name":"c"}
		{"op":"leases.create","ns":"a","id":"n"}`
	fork = blob + `
		{"op":"node.fork","name":"f"}
		{"op":"leases.create","ns":"a","id":"n","fork":"f"}
		{"op":"leases.delete","ns":"a","id":"n","fork":"f"}
		{"op":"leases.create","ns":"a","id":"m","fork":"f"}
		{"op":"leases.create","ns":"a","id":"m"}
		{"op":"collect","fork":"f"}
		{"op":"collect"}
		{"op":"node.drop","name":"f"}`
)

var bugs = []bug{
	{"references from a Collector's resource are ignored", streams, reported(func(t *op.ScriptedResource) { t.Refs = nil }), nil,
		oracle.LostObject, "a/content/"},
	{"back references from a Collector's resource are ignored", streams, reported(func(t *op.ScriptedResource) { t.BackRefs = nil }), nil,
		oracle.WrongReport, ""},
	{"a Collector's garbage stays", streams, reported(func(t *op.ScriptedResource) { t.Active = true }), nil,
		oracle.WrongReport, ""},
	{"a Collector loses a resource", streams, nil, func(e *engine.Engine, o engine.Op) {
		if s, _ := e.ScriptOf(16); o.Name == op.Collect && len(s.Resources) > 0 {
			s.Resources = s.Resources[1:]
			_ = e.SetScript(16, s)
		}
	}, oracle.LostObject, "a/type16/s"},

	{"the bytes of a shared blob are removed", standIn, nil, func(e *engine.Engine, o engine.Op) {
		if o.Name == op.Collect {
			_ = e.ContentBackend().Delete(context.Background(), "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
		}
	}, oracle.LostBytes, "b/ingest/s"},

	{"a commit rolls back", transaction, instead(op.TxCommit, func(o *engine.Op) { o.Name = op.TxRollback }), nil,
		oracle.WrongEffect, "transaction"},
	{"a rollback commits", transaction, instead(op.TxRollback, func(o *engine.Op) { o.Name = op.TxCommit }), nil,
		oracle.WrongEffect, "transaction"},
	{"a call sees uncommitted records", transaction, instead(op.ImagesGet, func(op *engine.Op) { op.Tx = "t" }), nil,
		oracle.WrongResult, ""},
	{"a call does not see the changes of its transaction", transaction, instead(op.LeasesAddResource, func(o *engine.Op) { o.Args = op.LeaseResource{ID: "x"} }), nil,
		oracle.WrongResult, ""},

	{"a commit that was suspended is lost", committing, nil, func(e *engine.Engine, o engine.Op) {
		if o.Name == op.CallsResume {
			_ = e.KV().Update(func(tx *memkv.Tx) error { return tx.BucketAt("v1").DeleteBucket([]byte("a")) })
		}
	}, oracle.WrongEffect, "transaction"},

	{"an Op on a fork changes the node", fork, instead(op.LeasesDelete, func(op *engine.Op) { op.Fork = "" }), nil,
		oracle.WrongResult, ""},
	{"an Op on a fork changes the node, too", fork, nil, func(e *engine.Engine, o engine.Op) {
		if o.Fork != "" && o.Name == op.LeasesCreate {
			o.Fork = ""
			e.Apply(context.Background(), o)
		}
	}, oracle.WrongResult, ""},
	{"a fork shares the node's backend", fork, nil, func(e *engine.Engine, o engine.Op) {
		if o.Name == op.Collect && o.Fork == "" {
			_ = e.Forked("f").ContentBackend().Delete(context.Background(), "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
		}
	}, oracle.LostBytes, ""},

	{"a record disappears", blob, nil, func(e *engine.Engine, o engine.Op) {
		if o.Name == op.WritersClose {
			_ = e.KV().Update(func(tx *memkv.Tx) error {
				return tx.BucketAt("v1", "a", "leases").DeleteBucket([]byte("l"))
			})
		}
	}, oracle.LostObject, ""},
}

// reported changes the resources that a Collector reports.
func reported(change func(*op.ScriptedResource)) func(engine.Op) engine.Op {
	return func(o engine.Op) engine.Op {
		if set, ok := o.Args.(op.CollectorsSetArgs); ok {
			changed := make([]op.ScriptedResource, len(set.Script.Resources))
			for i, t := range set.Script.Resources {
				change(&t)
				changed[i] = t
			}
			set.Script.Resources = changed
			o.Args = set
		}
		return o
	}
}

// instead changes the Ops of that name.
func instead(name op.Name, change func(*engine.Op)) func(engine.Op) engine.Op {
	return func(op engine.Op) engine.Op {
		if op.Name == name {
			change(&op)
		}
		return op
	}
}

// run applies the trace to a node, with the bug if bad is set, and returns the first problem.
func (b bug) run(t *testing.T, bad bool) *oracle.Problem {
	node, err := engine.New(engine.WithTurns(), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	o := oracle.New(node, engine.Setup{}, nil)
	for line := range strings.Lines(strings.TrimSpace(b.trace)) {
		op, err := op.Parse([]byte(line))
		if err != nil {
			t.Fatal(line, err)
		}
		o.Before(op)
		actual := op
		if bad && b.op != nil {
			actual = b.op(op)
		}
		r := node.Apply(context.Background(), actual)
		if bad && b.after != nil {
			b.after(node, op)
		}
		if p := o.After(op, r); p != nil {
			return p
		}
		if err := o.CheckInvariants(); err != nil {
			t.Fatalf("after %s: %v", op, err)
		}
	}
	if r := node.Apply(context.Background(), engine.Op{Name: op.Collect}); r.Code != op.OK {
		t.Error(r)
	}
	return o.Quiet()
}

// TestBugs checks that the oracle finds each bug, and finds nothing without it.
func TestBugs(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			if p := b.run(t, false); p != nil {
				t.Errorf("without the bug: %v", p)
			}
			if p := b.run(t, true); p == nil || !errors.Is(p, b.rule) || !strings.HasPrefix(p.Detail, b.detail) {
				t.Errorf("%v, want %q: %s", p, b.rule, b.detail)
			} else {
				t.Log(p)
			}
		})
	}
}

package oracle_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A bug is what a node does otherwise than it should, and a trace that shows it. Op changes an Op on its way to the node,
// After does something behind its back; either may be nil.
type bug struct {
	name   string
	trace  string
	op     func(engine.Op) engine.Op
	after  func(*engine.Engine, engine.Op)
	rule   oracle.Rule
	detail string // how the detail begins
}

const (
	// A blob that nothing but its lease keeps.
	blob = `
		{"op":"leases.create","ns":"a","id":"l"}
		{"op":"writers.open","ns":"a","lease":"l","name":"w","ref":"r"}
		{"op":"writers.write","name":"w","data":"hello"}
		{"op":"writers.commit","lease":"l","name":"w","expected":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
		{"op":"writers.close","name":"w"}`
	// Nobody but an ingest of another namespace, which stands for the blob, keeps its bytes.
	standIn = blob + `
		{"op":"writers.open","ns":"b","name":"x","ref":"s","desc":{"digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}
		{"op":"leases.delete","ns":"a","id":"l"}
		{"op":"collect"}`
	// Nobody but a Collector's resource keeps the blob, and nobody but a blob another resource.
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
	{"a Collector's resource keeps nothing", streams, things(func(t *engine.Thing) { t.Refs = nil }), nil,
		oracle.LostObject, "a/content/"},
	{"nothing keeps a Collector's resource", streams, things(func(t *engine.Thing) { t.BackRefs = nil }), nil,
		oracle.WrongReport, ""},
	{"a Collector's resource stays", streams, things(func(t *engine.Thing) { t.Active = true }), nil,
		oracle.WrongReport, ""},
	{"a Collector forgets a resource", streams, nil, func(e *engine.Engine, op engine.Op) {
		if s, _ := e.ScriptOf(16); op.Name == "collect" && len(s.Things) > 0 {
			s.Things = s.Things[1:]
			_ = e.SetScript(16, s)
		}
	}, oracle.LostObject, "a/type16/s"},

	{"the bytes go for which an ingest stands", standIn, nil, func(e *engine.Engine, op engine.Op) {
		if op.Name == "collect" {
			_ = e.ContentBackend().Delete(context.Background(), "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
		}
	}, oracle.LostBytes, "b/ingest/s"},

	{"a transaction is rolled back for no reason", transaction, instead("tx.commit", func(op *engine.Op) { op.Name = "tx.rollback" }), nil,
		oracle.WrongEffect, "transaction"},
	{"a transaction is committed that is to be rolled back", transaction, instead("tx.rollback", func(op *engine.Op) { op.Name = "tx.commit" }), nil,
		oracle.WrongEffect, "transaction"},
	{"a call sees what is not committed yet", transaction, instead("images.get", func(op *engine.Op) { op.Tx = "t" }), nil,
		oracle.WrongResult, ""},
	{"a call does not see what its transaction changed", transaction, instead("leases.addresource", func(op *engine.Op) { op.Args = engine.LeaseResource{ID: "x"} }), nil,
		oracle.WrongResult, ""},

	{"a fork is the node itself", fork, instead("leases.delete", func(op *engine.Op) { op.Fork = "" }), nil,
		oracle.WrongResult, ""},
	{"a node shares what is stored with its fork", fork, nil, func(e *engine.Engine, op engine.Op) {
		if op.Fork != "" && op.Name == "leases.create" {
			op.Fork = ""
			e.Apply(context.Background(), op)
		}
	}, oracle.WrongResult, ""},
	{"a fork loses what its node loses", fork, nil, func(e *engine.Engine, op engine.Op) {
		if op.Name == "collect" && op.Fork == "" {
			_ = e.Forked("f").ContentBackend().Delete(context.Background(), "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
		}
	}, oracle.LostBytes, ""},

	{"a record changes that nobody changed", blob, nil, func(e *engine.Engine, op engine.Op) {
		if op.Name == "writers.close" {
			_ = e.KV().Update(func(tx *memkv.Tx) error {
				return tx.BucketAt("v1", "a", "leases").DeleteBucket([]byte("l"))
			})
		}
	}, oracle.LostObject, ""},
}

// things has a Collector get other resources than it should.
func things(change func(*engine.Thing)) func(engine.Op) engine.Op {
	return func(op engine.Op) engine.Op {
		if set, ok := op.Args.(engine.CollectorSet); ok {
			changed := make([]engine.Thing, len(set.Script.Things))
			for i, t := range set.Script.Things {
				change(&t)
				changed[i] = t
			}
			set.Script.Things = changed
			op.Args = set
		}
		return op
	}
}

// instead has another Op be applied in place of those of a name.
func instead(name string, change func(*engine.Op)) func(engine.Op) engine.Op {
	return func(op engine.Op) engine.Op {
		if op.Name == name {
			change(&op)
		}
		return op
	}
}

// watched applies the trace under the eyes of an oracle and returns the first Problem.
func (b bug) watched(t *testing.T, bad bool) *oracle.Problem {
	node, err := engine.New(engine.WithTurns(), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	o := oracle.New(node, engine.Setup{}, nil)
	for line := range strings.Lines(strings.TrimSpace(b.trace)) {
		op, err := engine.ParseOp([]byte(line))
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
	}
	if r := node.Apply(context.Background(), engine.Op{Name: "collect"}); r.Code != engine.OK {
		t.Error(r)
	}
	return o.Quiet()
}

// TestBugs shows that each bug is found, and that without it nothing is.
func TestBugs(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			if p := b.watched(t, false); p != nil {
				t.Errorf("without the bug: %v", p)
			}
			if p := b.watched(t, true); p == nil || !errors.Is(p, b.rule) || !strings.HasPrefix(p.Detail, b.detail) {
				t.Errorf("%v, want %q: %s", p, b.rule, b.detail)
			} else {
				t.Log(p)
			}
		})
	}
}

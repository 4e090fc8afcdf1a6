package oracle

import (
	"context"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// TestIncrements checks that the oracle notices a stale cache.
func TestIncrements(t *testing.T) {
	node, err := engine.New(engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	o := New(node, engine.Setup{}, nil)
	for _, line := range []string{
		`{"op":"snapshots.prepare","ns":"a","snapshotter":"native","key":"s"}`,
		`{"op":"snapshots.commit","ns":"a","snapshotter":"native","name":"p","key":"s"}`,
		`{"op":"snapshots.prepare","ns":"a","snapshotter":"native","key":"c","parent":"p","labels":{"containerd.io/gc.root":"x"}}`,
		`{"op":"collect"}`,
	} {
		op, err := op.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		o.Before(op)
		if p := o.After(op, node.Apply(context.Background(), op)); p != nil {
			t.Fatal(p)
		}
	}
	if p := o.Quiet(); p != nil {
		t.Fatal(p)
	}
	stale := &o.space("a").slot(key{snapshot, "native/c"}).derived
	stale.keeps, stale.along = nil, 0
	if p := o.Quiet(); p == nil || p.Rule != Inconsistent {
		t.Errorf("%v", p)
	}
}

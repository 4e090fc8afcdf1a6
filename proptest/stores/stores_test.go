package stores_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/leanovate/gopter"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

type transaction struct{ *memkv.Tx }

func (t transaction) Within(ctx context.Context) context.Context {
	return boltutil.WithTransaction(ctx, t.Tx)
}

// over returns a node of this package on the stores of an engine.
func over(e *engine.Engine) *stores.Node {
	all := map[string]snapshots.Snapshotter{}
	for _, name := range generate.Snapshotters {
		all[name] = e.Snapshotter(name)
	}
	return stores.New(stores.Stores{
		Images: e.Images(), Containers: e.Containers(), Sandboxes: e.Sandboxes(), Leases: e.Leases(), Content: e.Content(), Snapshotters: all,
		Namespaces: func(_ context.Context, fn func(namespaces.Store) error) error { return fn(e.Namespaces()) },
		Collect: func(ctx context.Context) error {
			_, err := e.Collect(ctx)
			return err
		},
		Begin: func() (stores.Transaction, error) {
			tx, err := e.KV().Begin(true)
			return transaction{tx}, err
		},
		More: map[op.Name]func(engine.Op) (any, error){op.ClockAdvance: func(o engine.Op) (any, error) {
			e.Clock().Advance(o.Args.(op.ClockAdvanceArgs).By)
			return nil, nil
		}},
	})
}

func newEngine(t testing.TB) *engine.Engine {
	opts, err := generate.NewSetup().Options()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestParityWithEngine applies histories to an engine, and through this package to the stores of another engine.
// Results and states must be equal.
func TestParityWithEngine(t *testing.T) {
	p := gopter.DefaultGenParameters().CloneWithSeed(1).WithSize(60)
	seen := map[op.Name]int{}
	for range 150 {
		h := generate.ChanceOf(p).History(generate.Calm | generate.Time | generate.Cancel)
		one, other := newEngine(t), newEngine(t)
		n := over(other)
		for i, o := range h.Ops {
			a, b := one.Apply(t.Context(), o), n.Apply(o)
			seen[o.Name]++
			if a.Code != b.Code && !(o.Name == op.Collect && o.Canceled) {
				t.Fatalf("Op %d, %s: %s, but %s (%s)", i+1, o, a.Code, b.Code, b.Error)
			}
		}
		if one.KV().Hash() != other.KV().Hash() {
			t.Fatalf("the states differ after %v", h.Ops)
		}
		n.Drop()
		_, _ = one.Close(), other.Close()
	}
	if len(seen) < 30 {
		t.Errorf("too few kinds of Ops: %v", seen)
	}
}

func TestTransactions(t *testing.T) {
	n := over(newEngine(t))
	image := op.ImageRecord{Image: images.Image{Name: "i", Target: ocispec.Descriptor{Digest: generate.DigestOf("a"), Size: 1, MediaType: "x"}}}
	in, get := engine.Header{NS: "a", Tx: "t"}, engine.Op{Name: op.ImagesGet, Header: engine.Header{NS: "a"}, Args: op.Named{Name: "i"}}
	begin := engine.Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: "t", Writable: true}}
	for i, step := range []struct {
		op   engine.Op
		code op.Code
	}{
		{begin, op.OK},
		{engine.Op{Name: op.ImagesCreate, Header: in, Args: image}, op.OK},
		{begin, op.FailedPrecondition},
		{get, op.FailedPrecondition},
		{engine.Op{Name: op.TxRollback, Args: op.Named{Name: "t"}}, op.OK},
		{get, op.NotFound},
		{begin, op.OK},
		{engine.Op{Name: op.ImagesCreate, Header: in, Args: image}, op.OK},
		{engine.Op{Name: op.TxCommit, Args: op.Named{Name: "t"}}, op.OK},
		{engine.Op{Name: op.TxCommit, Args: op.Named{Name: "t"}}, op.NotFound},
		{get, op.OK},
		{engine.Op{Name: op.ImagesGet, Header: in, Args: op.Named{Name: "i"}}, op.NotFound},
	} {
		if r := n.Apply(step.op); r.Code != step.code {
			t.Fatalf("step %d, %s: %s (%s), want %s", i+1, step.op, r.Code, r.Error, step.code)
		}
	}
}

// TestMissingStores applies every kind of Op to a node without stores. No Op panics or succeeds.
func TestMissingStores(t *testing.T) {
	n := stores.New(stores.Stores{})
	for _, name := range op.Names() {
		args, _ := op.ArgsOf(name)
		for _, o := range []engine.Op{{Name: name, Args: args}, {Name: name}, {Name: name, Args: 7}} {
			if r := n.Apply(o); r.Code == op.OK {
				t.Errorf("%s succeeds without a store", o)
			}
		}
	}
}

// This example applies Ops to a node that has only an image store.
func Example() {
	e, _ := engine.New()
	n := stores.New(stores.Stores{Images: e.Images()})
	o, _ := op.Parse([]byte(`{"op":"images.get","ns":"default","name":"alpine"}`))
	fmt.Println(n.Apply(o).Code)
	fmt.Println(n.Apply(engine.Op{Name: op.Collect}).Code)
	// Output:
	// not_found
	// not_implemented
}

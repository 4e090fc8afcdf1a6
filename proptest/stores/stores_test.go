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
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

type transaction struct{ *memkv.Tx }

func (t transaction) Within(ctx context.Context) context.Context {
	return boltutil.WithTransaction(ctx, t.Tx)
}

// over makes a node of the stores of another.
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
		More: map[string]func(engine.Op) (any, error){"clock.advance": func(op engine.Op) (any, error) {
			e.Clock().Advance(op.Args.(engine.ClockAdvance).By)
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

// TestLikeTheEngine applies histories to an engine, and through this package to the stores of another: results and states
// are the same.
func TestLikeTheEngine(t *testing.T) {
	p := gopter.DefaultGenParameters().CloneWithSeed(1).WithSize(60)
	seen := map[string]int{}
	for range 150 {
		h := generate.ChanceOf(p).History(generate.Calm | generate.Time | generate.Cancel)
		one, other := newEngine(t), newEngine(t)
		n := over(other)
		for i, op := range h.Ops {
			a, b := one.Apply(t.Context(), op), n.Apply(op)
			seen[op.Name]++
			if a.Code != b.Code && !(op.Name == "collect" && op.Canceled) {
				t.Fatalf("Op %d, %s: %s, but %s (%s)", i+1, op, a.Code, b.Code, b.Error)
			}
		}
		if one.KV().Hash() != other.KV().Hash() {
			t.Fatalf("%v leaves something else", h.Ops)
		}
		n.Drop()
		_, _ = one.Close(), other.Close()
	}
	if len(seen) < 30 {
		t.Errorf("only %v", seen)
	}
}

func TestTransactions(t *testing.T) {
	n := over(newEngine(t))
	image := engine.ImageRecord{Image: images.Image{Name: "i", Target: ocispec.Descriptor{Digest: generate.DigestOf("a"), Size: 1, MediaType: "x"}}}
	in, get := engine.Header{NS: "a", Tx: "t"}, engine.Op{Name: "images.get", Header: engine.Header{NS: "a"}, Args: engine.Named{Name: "i"}}
	begin := engine.Op{Name: "tx.begin", Args: engine.TxBegin{Name: "t", Writable: true}}
	for i, step := range []struct {
		op   engine.Op
		code engine.Code
	}{
		{begin, "ok"},
		{engine.Op{Name: "images.create", Header: in, Args: image}, "ok"},
		{begin, "failed_precondition"},
		{get, "failed_precondition"},
		{engine.Op{Name: "tx.rollback", Args: engine.Named{Name: "t"}}, "ok"},
		{get, "not_found"},
		{begin, "ok"},
		{engine.Op{Name: "images.create", Header: in, Args: image}, "ok"},
		{engine.Op{Name: "tx.commit", Args: engine.Named{Name: "t"}}, "ok"},
		{engine.Op{Name: "tx.commit", Args: engine.Named{Name: "t"}}, "not_found"},
		{get, "ok"},
		{engine.Op{Name: "images.get", Header: in, Args: engine.Named{Name: "i"}}, "not_found"},
	} {
		if r := n.Apply(step.op); r.Code != step.code {
			t.Fatalf("step %d, %s: %s (%s), not %s", i+1, step.op, r.Code, r.Error, step.code)
		}
	}
}

// TestNothing applies every kind of Op to a node that has no stores: none panics.
func TestNothing(t *testing.T) {
	n := stores.New(stores.Stores{})
	for _, name := range engine.Ops() {
		args, _ := engine.ArgsOf(name)
		for _, op := range []engine.Op{{Name: name, Args: args}, {Name: name}, {Name: name, Args: 7}} {
			if r := n.Apply(op); r.Code == engine.OK {
				t.Errorf("%s: ok", op)
			}
		}
	}
}

// An image store of one's own, to which an Op is applied.
func Example() {
	e, _ := engine.New()
	n := stores.New(stores.Stores{Images: e.Images()})
	op, _ := engine.ParseOp([]byte(`{"op":"images.get","ns":"default","name":"alpine"}`))
	fmt.Println(n.Apply(op).Code)
	fmt.Println(n.Apply(engine.Op{Name: "collect"}).Code)
	// Output:
	// not_found
	// not_implemented
}

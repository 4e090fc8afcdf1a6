package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

func TestErrorClasses(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	n := newNode(t, h, engine.Setup{})
	r, err := n.Apply(ctx, engine.Op{Name: op.ImagesGet, Header: engine.Header{NS: "default"}, Args: op.Named{Name: "\xff"}})
	if err != nil || r.Code != op.NotFound || !errdefs.IsNotFound(r.Err()) || !strings.Contains(r.Error, "image") {
		t.Errorf("%v %v", r, err)
	}
	if _, err := n.Apply(ctx, engine.Op{Name: "images.vanish"}); !errdefs.IsInvalidArgument(err) {
		t.Errorf("an unknown Op: %v", err)
	}
	if _, err := n.Why(ctx, "image/nowhere/a", 0); err == nil {
		t.Error("Why succeeds for a missing node")
	}
	if _, err := h.NewNode(ctx, engine.Setup{Rules: "0.1"}); err == nil {
		t.Error("NewNode succeeds for containerd 0.1")
	}
	for _, db := range [][]byte{nil, []byte("hello")} {
		if _, err := h.Open(ctx, db, engine.Setup{}); err == nil {
			t.Errorf("Open succeeds for %.20q", db)
		}
	}
	for reason, db := range map[string][]byte{"not_bolt": bytes.Repeat([]byte{0}, 1<<20), "truncated": {0x1f, 0x8b, 8, 0}, "bad_gzip": bytes.Repeat([]byte{0x1f, 0x8b, 8, 0}, 9)} {
		failed := new(host.Error)
		if _, err := h.Open(ctx, db, engine.Setup{}); !errors.As(err, &failed) || failed.Reason != reason {
			t.Errorf("Open for %.20q: %v, reason %q, want %q", db, err, failed.Reason, reason)
		}
	}
	if err := n.Close(ctx); err != nil {
		t.Error(err)
	}
	for call, err := range map[string]error{"close": n.Close(ctx), "hash": second(n.Hash(ctx)), "apply": second(n.Apply(ctx, hashOp)), "fork": second(n.Fork(ctx))} {
		if !errdefs.IsNotFound(err) {
			t.Errorf("%s on a closed node: %v", call, err)
		}
	}
	other := newNode(t, newHost(t), engine.Setup{})
	if _, err := newNode(t, h, engine.Setup{}).Diff(ctx, other); err == nil {
		t.Error("Diff succeeds for nodes of different hosts")
	}
}

func second[A any](_ A, err error) error { return err }

func TestTooManyNodes(t *testing.T) {
	h := newHost(t)
	n := newNode(t, h, engine.Setup{})
	for i := 0; ; i++ {
		if _, err := n.Fork(t.Context()); err != nil {
			if !errdefs.IsResourceExhausted(err) || i < 1000 {
				t.Errorf("after %d forks: %v", i, err)
			}
			break
		}
	}
	if _, err := n.Hash(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTooLargeRequest(t *testing.T) {
	h := newHost(t)
	if _, err := h.Open(t.Context(), make([]byte, 300<<20), engine.Setup{}); !errdefs.IsInvalidArgument(err) {
		t.Error(err)
	}
	newNode(t, h, engine.Setup{})
}

// TestOutOfMemory opens databases until the module runs out of memory. Every later call must report that.
func TestOutOfMemory(t *testing.T) {
	h := newHost(t, host.WithMemoryLimit(64<<20))
	n := newNode(t, h, engine.Setup{})
	db, setup := fixture(t, "c242-large")
	var err error
	for range 100 {
		if _, err = h.Open(t.Context(), db, setup); err != nil {
			break
		}
	}
	if !errors.Is(err, host.ErrEnded) || !errdefs.IsUnavailable(err) || !strings.Contains(err.Error(), "memory") {
		t.Fatalf("large databases in 64 MiB: %v", err)
	}
	_, again := n.Hash(t.Context())
	if !errors.Is(again, host.ErrEnded) || !strings.Contains(again.Error(), "memory") {
		t.Errorf("the next call: %v", again)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTooLittleMemory(t *testing.T) {
	for _, bytes := range []uint64{0, 1 << 20, 1 << 40} {
		if _, err := host.New(t.Context(), module, host.WithCache(cache), host.WithMemoryLimit(bytes)); err == nil {
			t.Errorf("New succeeds with a limit of %d bytes", bytes)
		}
	}
}

func TestNotTheModule(t *testing.T) {
	for _, wasm := range [][]byte{nil, []byte("hello"), module[:len(module)/2], {0, 'a', 's', 'm', 1, 0, 0, 0}} {
		if _, err := host.New(t.Context(), wasm); err == nil {
			t.Errorf("New succeeds for %.10q", wasm)
		}
	}
}

// countdown is a context that ends after a number of calls of Err.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestContextEndsDuringCall ends a context when the running call first reads the clock.
func TestContextEndsDuringCall(t *testing.T) {
	h := newHost(t)
	n := newNode(t, h, engine.Setup{})
	ctx := &countdown{Context: t.Context()}
	ctx.left.Store(1) // the check before the call
	db, setup := fixture(t, "c242-large")
	_, err := h.Open(ctx, db, setup)
	if !errors.Is(err, host.ErrEnded) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := n.Hash(t.Context()); !errors.Is(err, host.ErrEnded) || !errors.Is(err, context.Canceled) {
		t.Errorf("the next call: %v", err)
	}
}

func TestContextEndsBeforeCall(t *testing.T) {
	h := newHost(t)
	n := newNode(t, h, engine.Setup{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Hash(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, host.ErrEnded) {
		t.Error(err)
	}
	if _, err := n.Hash(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestClosed(t *testing.T) {
	h := newHost(t)
	n := newNode(t, h, engine.Setup{})
	for range 2 {
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := n.Hash(t.Context()); !errors.Is(err, host.ErrEnded) || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}

// TestConcurrentCalls calls one host from several goroutines, each with its own fork.
func TestConcurrentCalls(t *testing.T) {
	h, ctx := newHost(t), t.Context()
	node, _ := both(t, h, "c242-basic")
	want, err := node.Plan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := planAndCollect(ctx, node, want, i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if after, err := node.Plan(ctx); err != nil || len(after.Removed) != len(want.Removed) {
		t.Errorf("the original node changed: %v", err)
	}
}

func planAndCollect(ctx context.Context, node *host.Node, want *examine.Plan, i int) error {
	fork, err := node.Fork(ctx)
	if err != nil {
		return err
	}
	for range i {
		if plan, err := fork.Plan(ctx); err != nil || len(plan.Removed) != len(want.Removed) {
			return fmt.Errorf("plan: %w", err)
		}
	}
	collection, err := fork.Collect(ctx)
	if err != nil || len(collection.Removed) != len(want.Removed) {
		return fmt.Errorf("collected %d, want %d: %w", len(collection.Removed), len(want.Removed), err)
	}
	return fork.Close(ctx)
}

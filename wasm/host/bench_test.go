package host_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/host"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

// BenchmarkStart is a warm start: the compiled module is in a folder.
func BenchmarkStart(b *testing.B) {
	folder, ctx := b.TempDir(), context.Background()
	start := func() {
		cache, err := host.NewCache(folder)
		if err != nil {
			b.Fatal(err)
		}
		defer cache.Close(ctx)
		h, err := host.New(ctx, module, host.WithCache(cache))
		if err != nil {
			b.Fatal(err)
		}
		defer h.Close(ctx)
	}
	start()
	for b.Loop() {
		start()
	}
}

// BenchmarkCall is what a call takes that asks for the least.
func BenchmarkCall(b *testing.B) {
	n := newNode(b, newHost(b), engine.Setup{})
	for b.Loop() {
		if _, err := n.Hash(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLarge asks about a database of 27.7 MB, here and natively.
func BenchmarkLarge(b *testing.B) {
	h, ctx := newHost(b), b.Context()
	node, native := both(b, h, "c242-large")
	db, setup := fixture(b, "c242-large")
	opts, _ := setup.Options()
	for _, bench := range []struct {
		name           string
		module, native func() error
	}{
		{"open", func() error {
			n, err := h.Open(ctx, db, setup)
			if err != nil {
				return err
			}
			return n.Close(ctx)
		}, func() error { return second(engine.Read(bytes.NewReader(db), opts...)) }},
		{"plan", func() error { return second(node.Plan(ctx)) }, func() error { return second(native.Plan()) }},
		{"top", func() error { return second(node.Top(ctx, 10)) }, func() error { return second(native.Top(10)) }},
		{"fsck", func() error { return second(node.Fsck(ctx)) }, func() error { return second(native.Fsck()) }},
	} {
		for where, ask := range map[string]func() error{"module": bench.module, "native": bench.native} {
			b.Run(bench.name+"/"+where, func(b *testing.B) {
				for b.Loop() {
					if err := ask(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkOps applies a history of 200 Ops in one batch.
func BenchmarkOps(b *testing.B) {
	h, ctx := newHost(b), b.Context()
	d := newDrawer(b, 1)
	var ops []engine.Op
	for len(ops) < 200 {
		if op := d.op(b); op.Name != "dump" && op.Name != "fsck" && op.Name != "schedule.pass" {
			ops = append(ops, op)
		}
	}
	b.Run("module", func(b *testing.B) {
		for b.Loop() {
			n := newNode(b, h, engine.Setup{})
			if _, err := n.ApplyAll(ctx, ops); err != nil {
				b.Fatal(err)
			}
			if err := n.Close(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	var lines []byte
	for _, op := range ops {
		lines = append(append(lines, op.String()...), '\n')
	}
	b.Run("native", func(b *testing.B) { // the same frames, outside of the module
		var nodes verbs.Nodes
		for i := 1; b.Loop(); i++ {
			nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil))
			for _, verb := range []string{"apply", "close"} {
				header := fmt.Sprintf(`{"verb":%q,"node":%d}`, verb, i)
				nodes.Call(abi.AppendFrame(nil, []byte(header), lines))
			}
		}
	})
}

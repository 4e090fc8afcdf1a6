package host_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// Every benchmark also reports "cpu-ns/op", which is more stable than the time on a shared machine.

// measure runs fn in the benchmark's loop.
func measure(b *testing.B, fn func() error) {
	b.Helper()
	before := cpu(b)
	for b.Loop() {
		if err := fn(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkSize reports the size of the module, plain and gzip'd.
func BenchmarkSize(b *testing.B) {
	var zipped bytes.Buffer
	measure(b, func() error {
		zipped.Reset()
		w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(module); err != nil {
			return err
		}
		return w.Close()
	})
	b.ReportMetric(float64(len(module)), "B")
	b.ReportMetric(float64(zipped.Len()), "gzip-B")
}

// BenchmarkStart measures a warm start: the cache folder contains the compiled module.
func BenchmarkStart(b *testing.B) {
	folder, ctx := b.TempDir(), context.Background()
	start := func() error {
		cache, err := host.NewCache(folder)
		if err != nil {
			return err
		}
		defer cache.Close(ctx)
		h, err := host.New(ctx, module, host.WithCache(cache))
		if err != nil {
			return err
		}
		return h.Close(ctx)
	}
	if err := start(); err != nil {
		b.Fatal(err)
	}
	measure(b, start)
}

// BenchmarkCall measures the overhead of a call with an empty batch.
func BenchmarkCall(b *testing.B) {
	n := newNode(b, newHost(b), engine.Setup{})
	measure(b, func() error { return second(n.ApplyAll(b.Context(), nil)) })
}

// BenchmarkLarge queries a database of 27.7 MB in the module and natively.
func BenchmarkLarge(b *testing.B) {
	h, ctx := newHost(b), b.Context()
	node, native := both(b, h, "c242-large")
	db, setup := fixture(b, "c242-large")
	opts, _ := setup.Options()
	for _, bench := range []struct {
		name           string
		module, native func() error
	}{
		{"open and plan", func() error {
			n, err := h.Open(ctx, db, setup)
			if err != nil {
				return err
			}
			if _, err := n.Plan(ctx); err != nil {
				return err
			}
			return n.Close(ctx)
		}, func() error {
			e, err := engine.Read(bytes.NewReader(db), opts...)
			if err != nil {
				return err
			}
			return second(e.Plan())
		}},
		{"plan", func() error { return second(node.Plan(ctx)) }, func() error { return second(native.Plan()) }},
		{"top", func() error { return second(node.Top(ctx, 10)) }, func() error { return second(native.Top(10)) }},
		{"fsck", func() error { return second(node.Fsck(ctx)) }, func() error { return second(native.Fsck()) }},
	} {
		b.Run(bench.name+"/module", func(b *testing.B) { measure(b, bench.module) })
		b.Run(bench.name+"/native", func(b *testing.B) { measure(b, bench.native) })
	}
}

// BenchmarkOps applies 1000 Ops on metadata in one batch.
func BenchmarkOps(b *testing.B) {
	h, ctx := newHost(b), b.Context()
	ops := metadataOps(b, 1000)
	b.Run("module", func(b *testing.B) {
		measure(b, func() error {
			n, err := h.NewNode(ctx, engine.Setup{})
			if err != nil {
				return err
			}
			if _, err := n.ApplyAll(ctx, ops); err != nil {
				return err
			}
			return n.Close(ctx)
		})
	})
	b.Run("native", func(b *testing.B) {
		measure(b, func() error {
			e, err := engine.New()
			if err != nil {
				return err
			}
			for _, op := range ops {
				e.Apply(ctx, op)
			}
			return e.Close()
		})
	})
}

// metadataOps draws Ops that neither transfer content nor traverse the whole database.
func metadataOps(b *testing.B, count int) (ops []engine.Op) {
	d := newDrawer(b, 1)
	for len(ops) < count {
		switch o := d.op(b); o.Name {
		case op.Dump, op.Fsck, op.Plan, op.Top, op.Why, op.Inspect, op.Diff, op.Hash, op.Events, op.SchedulePass,
			op.WritersWrite, op.WritersCommit, op.WritersTruncate, op.ContentRead, op.ReadersRead:
		default:
			ops = append(ops, o)
		}
	}
	return ops
}

// BenchmarkJobs runs one seed and a small study.
func BenchmarkJobs(b *testing.B) {
	h, ctx := newHost(b), b.Context()
	run := sim.Config{Seed: 1, Ops: 1000}
	b.Run("simulate/module", func(b *testing.B) {
		measure(b, func() error { return second(h.Simulate(ctx, run, nil)) })
	})
	b.Run("simulate/native", func(b *testing.B) {
		measure(b, func() error { sim.Run(run); return nil })
	})
	study := compare.Study{Profile: "edge", Days: 3, Seeds: 1, NoClairvoyant: true}
	b.Run("compare/module", func(b *testing.B) {
		measure(b, func() error { return second(h.Compare(ctx, study, nil)) })
	})
	b.Run("compare/native", func(b *testing.B) {
		measure(b, func() error { runStudy(b, study); return nil })
	})
}

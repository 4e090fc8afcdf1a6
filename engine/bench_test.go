package engine_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// filled returns a node with a number of images.
func filled(b *testing.B, images int, opts ...engine.Option) *engine.Engine {
	e := newEngine(b, opts...)
	for i := range images {
		must(b, e, fmt.Sprintf(`{"op":"images.create","ns":"default","image":{"name":"image-%d","target":{"mediaType":"m","size":"1","digest":%q}}}`, i, blobs[1]))
	}
	return e
}

// BenchmarkApply creates and deletes an image.
func BenchmarkApply(b *testing.B) {
	for _, mode := range []struct {
		name string
		opts []engine.Option
	}{{"native", nil}, {"turns", []engine.Option{engine.WithTurns()}}} {
		for _, images := range []int{1000, 100_000} {
			b.Run(fmt.Sprintf("mode=%s/images=%d", mode.name, images), func(b *testing.B) {
				e := filled(b, images, mode.opts...)
				create, _ := op.Parse([]byte(fmt.Sprintf(`{"op":"images.create","ns":"default","image":{"name":"x","target":{"mediaType":"m","size":"1","digest":%q}}}`, blobs[1])))
				remove, _ := op.Parse([]byte(`{"op":"images.delete","ns":"default","name":"x"}`))
				for b.Loop() {
					if r := e.Apply(b.Context(), create); r.Code != op.OK {
						b.Fatal(r)
					}
					if r := e.Apply(b.Context(), remove); r.Code != op.OK {
						b.Fatal(r)
					}
				}
				e.ForgetEvents()
			})
		}
	}
}

// BenchmarkFork forks a node.
func BenchmarkFork(b *testing.B) {
	for _, images := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("images=%d", images), func(b *testing.B) {
			e := filled(b, images)
			for b.Loop() {
				e.Fork()
			}
		})
	}
}

// BenchmarkHash hashes a node after each change.
func BenchmarkHash(b *testing.B) {
	for _, images := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("images=%d", images), func(b *testing.B) {
			e := filled(b, images)
			e.Hash()
			set, _ := op.Parse([]byte(`{"op":"namespaces.setlabel","name":"default","key":"a","value":"b"}`))
			for b.Loop() {
				e.Apply(b.Context(), set)
				e.Hash()
			}
		})
	}
}

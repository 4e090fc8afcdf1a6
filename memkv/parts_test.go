package memkv_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestParts builds buckets whole, and of parts by two Builders, with equal results.
func TestParts(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		keys := []int{0, 1, 20, 40, 300}[r.IntN(5)]
		entry := func(i int) func(b *memkv.Builder) {
			key, value := fmt.Appendf(nil, "key %04d", i), bytes.Repeat([]byte{'v'}, r.IntN(30))
			if r.IntN(40) == 0 {
				value = bytes.Repeat(value, 200)
			}
			inner, sequence := []int{0, 2, 50}[r.IntN(3)], r.Uint64N(1000)
			if r.IntN(3) > 0 {
				return func(b *memkv.Builder) { must(b.Put(key, value)) }
			}
			return func(b *memkv.Builder) {
				must(b.Enter(key, sequence))
				for i := range inner {
					must(b.Put(fmt.Appendf(nil, "inner %02d", i), value))
				}
				must(b.Leave())
			}
		}
		whole, joined := memkv.NewBuilder(), memkv.NewBuilder()
		workers := []*memkv.Builder{memkv.NewPartBuilder(), memkv.NewPartBuilder()}
		must(whole.Enter([]byte("bucket"), 7))
		must(joined.Enter([]byte("bucket"), 7))
		var parts []memkv.Part
		for i := 0; i < keys; {
			worker := workers[r.IntN(2)]
			for range 1 + r.IntN(60) {
				if i == keys {
					break
				}
				add := entry(i)
				add(whole)
				add(worker)
				i++
			}
			p, err := worker.Part()
			must(err)
			parts = append(parts, p)
		}
		for _, p := range parts { // all are made: a later part must not change an earlier one
			must(joined.Append(p))
		}
		must(whole.Leave())
		must(joined.Leave())
		want, err := whole.DB()
		must(err)
		got, err := joined.DB()
		must(err)
		if a, b := dumpOf(t, got), dumpOf(t, want); a != b {
			t.Fatalf("seed %d: of parts:\n%s\nwhole:\n%s", seed, a, b)
		}
	}
}

func dumpOf(t *testing.T, db *memkv.DB) string {
	t.Helper()
	var text bytes.Buffer
	if err := db.View(func(tx *memkv.Tx) error {
		for fault := range tx.Check() {
			t.Error(fault)
		}
		return tx.Dump(&text)
	}); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestPartErrors(t *testing.T) {
	worker := memkv.NewPartBuilder()
	must(worker.Put([]byte("b"), nil))
	p, err := worker.Part()
	must(err)
	if empty, err := worker.Part(); err != nil || memkv.NewBuilder().Append(empty) != nil {
		t.Errorf("an empty part: %v", err)
	}
	must(worker.Put([]byte("a"), nil)) // a part begins anew
	must(worker.Enter([]byte("c"), 0))
	if _, err := worker.Part(); err == nil {
		t.Error("a part ends inside a bucket")
	}
	b := memkv.NewBuilder()
	must(b.Append(p))
	if err := b.Append(p); err == nil {
		t.Error("a part is added twice")
	}
	if _, err := b.DB(); err == nil {
		t.Error("the error is forgotten")
	}
}

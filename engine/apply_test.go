package engine_test

import (
	"context"
	"flag"
	"fmt"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func newEngine(t testing.TB, opts ...engine.Option) *engine.Engine {
	t.Helper()
	e, err := engine.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// apply applies an Op in the form of traces.
func apply(t testing.TB, e *engine.Engine, line string) engine.Result {
	t.Helper()
	op, err := op.Parse([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return e.Apply(context.Background(), op)
}

// must applies Ops that have to succeed, and returns the last result.
func must(t testing.TB, e *engine.Engine, lines ...string) (last engine.Result) {
	t.Helper()
	for _, line := range lines {
		if last = apply(t, e, line); last.Code != op.OK {
			t.Fatalf("%s: %s", line, last)
		}
	}
	return last
}

// TestSameOpsSameHash applies random histories to two nodes. The second node gets each Op after a round trip through
// its text. Every result and every hash must be equal.
func TestSameOpsSameHash(t *testing.T) {
	for seed := range uint64(3) {
		for _, opts := range [][]engine.Option{{}, {engine.WithTurns()}, {engine.WithPolicyIsolated(), engine.WithSeed(seed), engine.WithCleanupOnce()}} {
			a, b := newEngine(t, opts...), newEngine(t, opts...)
			g := newGenerator(seed)
			codes := map[op.Code]int{}
			for i := range 1000 {
				if i%50 == 0 {
					must(t, a, `{"op":"node.restart"}`, `{"op":"faults.clear"}`)
					must(t, b, `{"op":"node.restart"}`, `{"op":"faults.clear"}`)
				}
				if i%20 == 0 {
					ingest(t, a, i)
					ingest(t, b, i)
				}
				o := g.op()
				for o.Name == op.SchedulePass { // slow
					o = g.op()
				}
				again, err := op.Parse([]byte(o.String()))
				if err != nil {
					t.Fatalf("seed %d: %s: %v", seed, o, err)
				}
				if again.String() != o.String() {
					t.Fatalf("seed %d: %s parses as %s", seed, o, again)
				}
				x, y := a.Apply(t.Context(), o), b.Apply(t.Context(), again)
				codes[x.Code]++
				if x.String() != y.String() {
					t.Fatalf("seed %d: %s:\n%s\n%s", seed, o, x, y)
				}
				if a.Hash() != b.Hash() {
					t.Fatalf("seed %d: %s: the hashes differ after the Op", seed, o)
				}
			}
			if seed == 0 {
				t.Log(codes)
			}
			if codes[op.OK] < 250 {
				t.Errorf("seed %d: too few successes: %v", seed, codes)
			}
		}
	}
}

// TestEveryKindSucceeds checks the coverage of random histories: each kind of Op succeeds at least once.
func TestEveryKindSucceeds(t *testing.T) {
	succeeded := map[op.Name]int{}
	for seed := range uint64(3) {
		for _, opts := range [][]engine.Option{{}, {engine.WithTurns()}} {
			e, g := newEngine(t, opts...), newGenerator(seed)
			for i := range 5000 {
				if i%20 == 0 {
					ingest(t, e, i)
					e.ClearFault("")
					if e.Down() {
						if err := e.Restart(); err != nil {
							t.Fatal(err)
						}
					}
				}
				o := g.op()
				if o.Name == op.SchedulePass && i%10 > 0 {
					continue
				}
				if r := e.Apply(t.Context(), o); r.Code == op.OK {
					succeeded[o.Name]++
				}
			}
		}
	}
	for _, name := range op.Names() {
		if succeeded[name] == 0 && name != op.SnapshotsCleanup { // not implemented by the backends
			t.Errorf("%s never succeeded", name)
		}
	}
	t.Log(fmt.Sprint(succeeded))
}

// ingest stores a blob whose digest random Ops use. It ignores errors.
func ingest(t *testing.T, e *engine.Engine, i int) {
	for _, line := range []string{
		`{"op":"writers.open","ns":"default","name":"blob%d","ref":"blob"}`,
		`{"op":"writers.write","name":"blob%d","data":"a"}`,
		`{"op":"writers.commit","ns":"default","name":"blob%d"}`,
		`{"op":"writers.close","name":"blob%d"}`,
	} {
		apply(t, e, fmt.Sprintf(line, i))
	}
}

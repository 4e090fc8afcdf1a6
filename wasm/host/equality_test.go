//go:build !race

// Under the race detector these tests take minutes and find nothing. `make plain` runs them without it.

package host_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// equalityFile has the results that every host must reproduce; the tests of hosts in other languages read it too. It is
// a list of cases of two kinds: a trace with the hash of the node after each Op, and the arguments of "simulate" with
// the number of steps, the last hash, and the SHA-256 of the output "hashes".
const equalityFile = "../web/test/equality.json"

type equalityCase struct {
	Name string `json:"name"`

	Trace  string   `json:"trace,omitempty"`
	Hashes []string `json:"hashes,omitempty"`

	Simulation *simulation `json:"simulation,omitempty"`
	Steps      int         `json:"steps,omitempty"`
	Last       string      `json:"last,omitempty"`
	SHA256     string      `json:"sha256,omitempty"`
}

type simulation struct {
	Seed    uint64 `json:"seed,string"`
	Ops     int    `json:"ops"`
	Profile string `json:"profile"`
}

func (s simulation) config() sim.Config {
	return sim.Config{Seed: s.Seed, Ops: s.Ops, Profile: s.Profile}
}

// nativeCases returns the cases with the results of the native engine.
func nativeCases(t *testing.T) (cases []equalityCase) {
	t.Helper()
	for _, s := range []simulation{
		{1, 2500, "swarm"}, {2, 2500, "swarm"}, {1 << 63, 2500, "swarm"}, {4, 1500, "calm"}, {5, 1500, "steady"},
	} {
		run := func(c sim.Config) (*sim.Outcome, error) { return sim.Run(c), nil }
		cases = append(cases, simulationCase(t, s, run))
	}
	for i, setup := range []engine.Setup{{}, {Turns: true, Seed: 3}, {Isolated: true, CleanupOnce: true, Rules: "2.1"}} {
		cases = append(cases, traceCase(t, fmt.Sprintf("calls of every kind %d", i+1), newDrawer(t, uint64(20+i)), setup, 500))
	}
	return cases
}

// traceCase draws a trace and computes the hash after every Op.
func traceCase(t *testing.T, name string, d *drawer, setup engine.Setup, count int) equalityCase {
	t.Helper()
	native := newNative(t, setup)
	var trace bytes.Buffer
	w, err := engine.NewTraceWriter(&trace, setup)
	if err != nil {
		t.Fatal(err)
	}
	c := equalityCase{Name: name}
	for range count {
		op := d.op(t)
		if err := w.Write(op); err != nil {
			t.Fatal(err)
		}
		native.Apply(t.Context(), op)
		c.Hashes = append(c.Hashes, native.Hash().String())
	}
	c.Trace = trace.String()
	return c
}

// simulationCase runs a simulation and returns it as a case.
func simulationCase(t *testing.T, s simulation, run func(sim.Config) (*sim.Outcome, error)) equalityCase {
	t.Helper()
	c := equalityCase{Name: fmt.Sprintf("seed %d, %s", s.Seed, s.Profile), Simulation: &s}
	sum := sha256.New()
	config := s.config()
	config.Hashed = func(_ int, hash engine.Hash) {
		c.Last = hash.String()
		fmt.Fprintln(sum, hash)
	}
	out, err := run(config)
	if err != nil {
		t.Fatal(err)
	}
	if out.Failure != nil {
		t.Errorf("%s: %+v", c.Name, out.Failure)
	}
	c.Steps, c.SHA256 = out.Steps, hex.EncodeToString(sum.Sum(nil))
	return c
}

// TestEquality checks that equalityFile has the results of the native engine, and that the module reproduces them.
func TestEquality(t *testing.T) {
	cases := nativeCases(t)
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(cases); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(equalityFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(equalityFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, want.Bytes()) {
		t.Errorf("%s differs from the native results; rewrite it with -update", equalityFile)
	}
	t.Run("compiled", func(t *testing.T) { sameCases(t, newHost(t), cases) })
	t.Run("interpreted", func(t *testing.T) {
		h, err := host.New(t.Context(), module, host.WithInterpreter())
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close(context.Background())
		run := func(c sim.Config) (*sim.Outcome, error) { return sim.Run(c), nil }
		sameCases(t, h, []equalityCase{
			simulationCase(t, simulation{1, 150, "swarm"}, run),
			traceCase(t, "calls of every kind", newDrawer(t, 30), engine.Setup{Turns: true}, 100),
		})
	})
}

func sameCases(t *testing.T, h *host.Host, cases []equalityCase) {
	t.Helper()
	for _, want := range cases {
		var got equalityCase
		if want.Simulation != nil {
			got = simulationCase(t, *want.Simulation, func(c sim.Config) (*sim.Outcome, error) { return h.Simulate(t.Context(), c, nil) })
		} else {
			got = equalityCase{Name: want.Name, Trace: want.Trace, Hashes: traceHashes(t, h, want.Trace)}
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the results differ:\nmodule %.2000s\nnative %.2000s", want.Name, a, b)
		}
	}
}

// traceHashes applies a trace to a node in the module and returns the hash after each Op.
func traceHashes(t *testing.T, h *host.Host, trace string) (hashes []string) {
	t.Helper()
	r, err := engine.NewTraceReader(strings.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t, h, r.Setup)
	var ops []engine.Op
	for {
		op, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op, hashOp)
	}
	results, err := n.ApplyAll(t.Context(), ops)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(results); i += 2 {
		hashes = append(hashes, strings.Trim(string(results[i].Value), `"`))
	}
	return hashes
}

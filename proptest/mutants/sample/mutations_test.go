package main

import (
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sampleSource = `package p

const limit = 3

func f(a, b int) int {
	n := 0
	for i := 0; i < a; i++ {
		n += g(a, b)
	}
	if n >= limit {
		println(n)
	}
	return n
}

func g(a, b int) int { return a - b }
`

// TestMutations lists the mutations of a file. Each gives a file that parses.
func TestMutations(t *testing.T) {
	all, err := mutationsIn("p/p.go", []byte(sampleSource))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, strings.TrimPrefix(m.String(), "p/p.go:"))
		if _, err := parser.ParseFile(token.NewFileSet(), "", m.apply([]byte(sampleSource)), 0); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
	for _, want := range []string{
		`7: negate a condition: "i < a" → "!(i < a)"`, `7: shift a comparison: "<" → "<="`, `6: add one to a number: "0" → "1"`,
		`8: drop a statement: "n += g(a, b)" → ""`, `8: swap arguments: "a, b" → "b, a"`, `11: drop a statement: "println(n)" → ""`,
		`10: negate a condition: "n >= limit" → "!(n >= limit)"`, `10: shift a comparison: ">=" → ">"`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, line := range got {
		if strings.HasPrefix(line, "3:") {
			t.Errorf("a constant is mutated: %s", line)
		}
	}
}

// TestLog keeps results and reads them again.
func TestLog(t *testing.T) {
	o := options{log: filepath.Join(t.TempDir(), "log")}
	if known, err := o.known(); err != nil || len(known) > 0 {
		t.Fatal(known, err)
	}
	for key, result := range map[string]outcome{"a": detected, "b": survived} {
		if err := o.keep(key, result, mutation{}); err != nil {
			t.Fatal(err)
		}
	}
	if known, err := o.known(); err != nil || known["a"] != detected || known["b"] != survived {
		t.Error(known, err)
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{0, 0, 0, 1}, {10, 10, 0.7225, 1}, {50, 100, 0.4038, 0.5962}} {
		if low, high := interval(c.hits, c.n); math.Abs(low-c.low) > 1e-3 || math.Abs(high-c.high) > 1e-3 {
			t.Errorf("%d of %d: %.4f to %.4f", c.hits, c.n, low, high)
		}
	}
}

// TestEquivalent checks that each line of equivalent.txt is a mutation of the present source.
func TestEquivalent(t *testing.T) {
	places := map[string]bool{}
	for _, folder := range []string{"gc", "memkv", "metadata", "engine"} {
		all, err := mutationsOf("../../..", folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			places[m.place()] = true
		}
	}
	lines := reasons()
	if len(lines) == 0 {
		t.Error("no line")
	}
	for place := range lines {
		if !places[place] {
			t.Errorf("%s: no such mutation", place)
		}
	}
}

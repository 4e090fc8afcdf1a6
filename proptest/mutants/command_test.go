package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/verdict"
)

func TestTableNamesSurvivors(t *testing.T) {
	rows := []row{
		{Mutant: catalogue.Mutant{Name: "one"}, Verdict: verdict.Verdict{Law: "a law", Cases: 3, Trace: []string{"x", "y"}}, number: 1},
		{Mutant: catalogue.Mutant{Name: "two", Needs: catalogue.Faults}, Verdict: verdict.Verdict{Cases: 9}, number: 2},
		{Mutant: catalogue.Mutant{Name: "three", Needs: catalogue.OwnTests}, Verdict: verdict.Verdict{Law: "tests", Trace: []string{"x"}}, number: 3},
	}
	table := markdown(rows)
	for _, want := range []string{"| 1 | one |  | calls | a law | 3 | 2 |", "| 2 | two |  | faults | **survived** | 9 | 0 |", "| 3 | three |  | own tests | tests | | |", "2 of 3 mutants are detected. Counterexamples have a median of 2 Ops, and at most 2"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if got := survivors(rows); !slices.Equal(got, []string{"two"}) {
		t.Errorf("survivors: %q", got)
	}
}

func TestOutdatedTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.md")
	if err := os.WriteFile(file, []byte("a\nlast\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := compare(&out, file, "a\nlast\n"); err != nil || out.String() != "last\n" {
		t.Errorf("the same table: %v, %q", err, out.String())
	}
	if err := compare(&out, file, "b\n"); err == nil || !strings.Contains(err.Error(), "-update") {
		t.Errorf("another table: %v, want the command to run", err)
	}
}

func TestWrongUse(t *testing.T) {
	for _, c := range []struct {
		o    options
		want string
	}{
		{options{only: "no such mutant"}, "no mutant has"},
	} {
		if err := command(context.Background(), c.o, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

func TestSideBySideStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	var done []int
	err := sideBySide(1, 5, func(i int) error {
		if i == 2 {
			return broken
		}
		return nil
	}, func(i int) { done = append(done, i) })
	if !errors.Is(err, broken) || !slices.Equal(done, []int{0, 1}) {
		t.Errorf("%v, %v", done, err)
	}
}

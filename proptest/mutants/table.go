package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/catalogue"
)

// markdown returns the table of the mutants.
func markdown(rows []row) string {
	var text strings.Builder
	text.WriteString(`# The mutants

What the suite of package proptest makes of the project's own code, broken in one place at a time. Written by
` + "`go run ./proptest/mutants -update`; `make mutants`" + ` runs them all again. "Cases" are the histories it took, of all laws
together, in rounds of more and more cases of each; "Ops" is the length of the counterexample, from which none can be left out.

| | what is broken | where | needs | law that fails | cases | Ops |
|---:|---|---|---|---|---:|---:|
`)
	var ops []int
	for _, r := range rows {
		needs := r.Needs
		if needs == "" {
			needs = catalogue.Calls
		}
		fmt.Fprintf(&text, "| %d | %s | %s | %s | %s | %d | %d |\n", r.number, r.Name, r.File, needs, r.said(), r.Cases, len(r.Trace))
		if r.Killed() {
			ops = append(ops, len(r.Trace))
		}
	}
	slices.Sort(ops)
	fmt.Fprintf(&text, "\n%d of %d mutants are seen", len(ops), len(rows))
	if len(ops) > 0 {
		fmt.Fprintf(&text, "; counterexamples have %d Ops in the median, and at most %d", ops[len(ops)/2], ops[len(ops)-1])
	}
	text.WriteString(".\n")
	return text.String()
}

func (r row) said() string {
	if r.Killed() {
		return r.Law
	}
	return "**survived**"
}

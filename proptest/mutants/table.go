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
	text.WriteString(`# Mutants

Each mutant is a bug injected into the project's own code. The table shows how the suite of package proptest detects it.
` + "`go run ./proptest/mutants -update`" + ` writes the table; ` + "`make mutants`" + ` checks it. "Cases" is the number of histories until
the detection, over all laws, in rounds of more and more cases per law. "Ops" is the length of the counterexample, from
which no Op can be removed. Histories reach the situations of some mutants rarely or never: the tests of the file's
package ("own tests") must detect these.

| | bug | file | needs | broken | cases | Ops |
|---:|---|---|---|---|---:|---:|
`)
	var ops []int // of the counterexamples
	detected := 0
	for _, r := range rows {
		needs := r.Needs
		if needs == "" {
			needs = catalogue.Calls
		}
		if r.Killed() {
			detected++
		}
		if needs == catalogue.OwnTests {
			fmt.Fprintf(&text, "| %d | %s | %s | %s | %s | | |\n", r.number, r.Name, r.File, needs, r.result())
			continue
		}
		fmt.Fprintf(&text, "| %d | %s | %s | %s | %s | %d | %d |\n", r.number, r.Name, r.File, needs, r.result(), r.Cases, len(r.Trace))
		if r.Killed() {
			ops = append(ops, len(r.Trace))
		}
	}
	slices.Sort(ops)
	fmt.Fprintf(&text, "\n%d of %d mutants are detected.", detected, len(rows))
	if len(ops) > 0 {
		fmt.Fprintf(&text, " Counterexamples have a median of %d Ops, and at most %d.", ops[len(ops)/2], ops[len(ops)-1])
	}
	text.WriteString("\n")
	return text.String()
}

// result returns the broken law, or that the mutant survived.
func (r row) result() string {
	if r.Killed() {
		return r.Law
	}
	return "**survived**"
}

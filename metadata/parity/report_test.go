package parity

import (
	"fmt"
	"strings"
)

// lastCalls is how many calls before a failure are printed.
const lastCalls = 30

// report writes down a failure and the same failure reduced.
func (p pair) report(whole, reduced failure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s differ in %s at step %d of %s\n", p[0].name, p[1].name, whole.Facet, whole.Step, whole.history)
	fmt.Fprintf(&b, "\nthe last calls:\n")
	writeCalls(&b, whole.Calls, lastCalls)
	fmt.Fprintf(&b, "\nreduced to:\n")
	writeCalls(&b, reduced.Calls, len(reduced.Calls))
	fmt.Fprintf(&b, "\nthere they differ in %s:\n", reduced.Facet)
	for i, impl := range p {
		fmt.Fprintf(&b, "%s:\n  %s\n", impl.name, strings.ReplaceAll(abbreviate(reduced.Texts[i]), "\n", "\n  "))
	}
	fmt.Fprintf(&b, "\nreplay: go test ./metadata/parity -run 'TestParity$' -parity.seed %d", whole.Seed)
	return b.String()
}

func writeCalls(b *strings.Builder, calls []call, most int) {
	first := max(0, len(calls)-most)
	for i, c := range calls[first:] {
		fmt.Fprintf(b, "%5d %s\n", first+i, c)
	}
}

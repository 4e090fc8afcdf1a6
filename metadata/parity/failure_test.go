package parity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A failure is a history and the mismatch at its end.
type failure struct {
	history
	mismatch
}

// kind identifies failures with the same cause: the same op has a mismatch in the same facet, with the same classes of
// errors.
func (f failure) kind() string {
	kind := f.Facet
	if len(f.Calls) > 0 {
		kind = fmt.Sprintf("%T %s", f.Calls[len(f.Calls)-1].Op, kind)
	}
	if f.Facet == "class" {
		theirs, _, _ := strings.Cut(f.Texts[0], "\n")
		ours, _, _ := strings.Cut(f.Texts[1], "\n")
		kind += " " + theirs + "/" + ours
	}
	return kind
}

// attempt runs a history and compares the trees after every call. If it fails, attempt returns the failure, with the
// history cut after it.
func (p pair) attempt(t *testing.T, h history) (failure, bool) {
	m := p.run(t, h, 1, newCensus())
	if m == nil {
		return failure{}, false
	}
	h.Calls = h.Calls[:min(m.Step+1, len(h.Calls))]
	return failure{h, *m}, true
}

// shrink returns a shorter history with the same kind of failure. It removes runs of calls, the longest first, and
// makes at most the given number of attempts.
func (p pair) shrink(t *testing.T, f failure, attempts int) failure {
	best, ok := p.attempt(t, f.history)
	if !ok {
		return f
	}
	for size := len(best.Calls) / 2; size > 0; {
		smaller := false
		for from := 0; from < len(best.Calls)-1 && attempts > 0; attempts-- {
			without := best.history
			without.Calls = slices.Concat(best.Calls[:from], best.Calls[min(from+size, len(best.Calls)-1):])
			if next, ok := p.attempt(t, without); ok && next.kind() == best.kind() {
				best, smaller = next, true
			} else {
				from += size
			}
		}
		if !smaller || size > 1 {
			size /= 2
		}
	}
	return best
}

// lastCalls is the number of calls that a report prints of the whole history.
const lastCalls = 30

// report describes a failure and its reduced form.
func (p pair) report(whole, reduced failure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s differ in %s at step %d of %s\n", p[0].name, p[1].name, whole.Facet, whole.Step, whole.history)
	fmt.Fprintf(&b, "\nlast calls:\n")
	writeCalls(&b, whole.Calls, lastCalls)
	fmt.Fprintf(&b, "\nreduced history:\n")
	writeCalls(&b, reduced.Calls, len(reduced.Calls))
	fmt.Fprintf(&b, "\nits mismatch is in %s:\n", reduced.Facet)
	for i, impl := range p {
		fmt.Fprintf(&b, "%s:\n  %s\n", impl.name, strings.ReplaceAll(abbreviate(reduced.Texts[i]), "\n", "\n  "))
	}
	fmt.Fprintf(&b, "\nreplay: go test ./metadata/parity -run 'TestParity$' -parity.seed %d", whole.Seed)
	return b.String()
}

// writeCalls writes the last calls of a history.
func writeCalls(b *strings.Builder, calls []call, most int) {
	first := max(0, len(calls)-most)
	for i, c := range calls[first:] {
		fmt.Fprintf(b, "%5d %s\n", first+i, c)
	}
}

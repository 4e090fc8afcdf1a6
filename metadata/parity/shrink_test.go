package parity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A failure is a mismatch of a history that ends with it.
type failure struct {
	history
	mismatch
}

// kind is what two failures share that are taken for one: the same op comes
// apart in the same facet, with the same result if that is an error.
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

// attempt runs a history, comparing the trees after every call, and returns its
// failure, with the history cut after it, or false.
func (p pair) attempt(t *testing.T, h history) (failure, bool) {
	m := p.run(t, h, 1, newCensus())
	if m == nil {
		return failure{}, false
	}
	h.Calls = h.Calls[:min(m.Step+1, len(h.Calls))]
	return failure{h, *m}, true
}

// shrink returns a shorter history that fails in the same way: it leaves out
// ever smaller runs of calls for as long as the failure stays, with so many
// attempts at the most.
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

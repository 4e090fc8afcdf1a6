// Command victim runs the suite on the engine until a law is broken, and prints the verdict as JSON. It is compiled
// with all mutants; an environment variable selects the active one.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/mutants/internal/verdict"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: victim SEED CASES"))
	}
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		fail(err)
	}
	most, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(look(seed, most)); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The number of cases per law grows from round to round. So an obvious mutant is detected after a few cases of the
// right law, and not after all cases of the laws before it.
const firstRound, growth = 8, 4

// look checks the laws in rounds of more and more cases, until one fails or a round had most cases.
func look(seed int64, most int) verdict.Verdict {
	var v verdict.Verdict
	for cases := min(firstRound, most); ; cases = min(cases*growth, most) {
		for _, law := range proptest.Laws() {
			r := proptest.Check(proptest.Engine(), proptest.WithSeed(seed), proptest.WithCases(cases), proptest.WithLaws(law.Name))
			if r.Err != nil {
				return verdict.Verdict{Law: "a system can be made", Cases: v.Cases}
			}
			for _, l := range r.Laws {
				v.Cases += l.Cases
			}
			if f := r.First(); f != nil {
				v.Law = string(f.Law)
				for _, op := range f.Ops {
					v.Trace = append(v.Trace, op.String())
				}
				return v
			}
		}
		if cases == most {
			return v
		}
		seed++ // draw other cases than in the previous round
	}
}

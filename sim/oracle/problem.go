package oracle

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Problem is something that should not have been. Rule names what was broken, in a few words that
// stay the same however the names of a trace change.
type Problem struct {
	Rule   string
	Call   string // whose, and what it came to; "" where that says nothing
	Detail string
}

// Error says what was broken, and where.
func (p *Problem) Error() string { return p.Rule + ": " + p.Detail }

func problem(rule, format string, args ...any) *Problem {
	return &Problem{Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

// by says of which call a problem is.
func (p *Problem) by(c *waiting, r engine.Result) *Problem {
	if p != nil {
		p.Call = fmt.Sprintf("%s: %s instead of %s", c.op.Name, r.Code, c.out.code)
	}
	return p
}

// What can be broken.
const (
	ruleResult     = "a call came to something else than it should"
	ruleEffect     = "a call did something else than it said"
	ruleHalf       = "a call was done by half"
	ruleLost       = "a collection removed what something keeps"
	ruleLeft       = "a collection left what nothing keeps"
	ruleTold       = "a collection told something else than it did"
	ruleBytes      = "the backend lost what the metadata names"
	ruleDrift      = "the database is not what the calls made it"
	ruleIncrements = "the oracle derived something else little by little than at once"
	ruleUnreached  = "garbage is left after the faults stopped"
	ruleOrphan     = "an orphan is left in a backend after the faults stopped"
	ruleCollection = "a collection failed without a fault"
)

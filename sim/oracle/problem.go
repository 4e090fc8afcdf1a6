package oracle

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Rule names one property of a node that the oracle checks. A [Problem] wraps the rule that the node broke, so
// callers tell problems apart with [errors.Is]. The text of a rule is for readers.
type Rule string

// The rules.
const (
	// WrongResult: a call returned another code than the model expects, or a fork that was reported as made is missing.
	WrongResult Rule = "a call returned the wrong result"
	// WrongEffect: a call reported success, but the stored records differ from the expected ones. The same applies to
	// the end of a transaction.
	WrongEffect Rule = "a call stored the wrong records"
	// FailedCallChanged: a call failed, but it changed a record.
	FailedCallChanged Rule = "a failed call changed the database"
	// PartialCall: a call, or a collection, applied some of its changes and not the others.
	PartialCall Rule = "a call was applied in part"
	// LostObject: a record, or a resource of a Collector, disappeared although something keeps it.
	LostObject Rule = "a collection removed a reachable object"
	// LeftGarbage: a collection succeeded, but an object that nothing keeps is still there.
	LeftGarbage Rule = "a collection left garbage"
	// WrongReport: the result of a collection lists other removals than the collection made.
	WrongReport Rule = "a collection reported the wrong removals"
	// LostBytes: a backend has no blob, ingest or snapshot for a record that names one, or a blob's bytes do not match
	// its digest.
	LostBytes Rule = "a backend lost data that the metadata names"
	// WrongDatabase: a record differs from the model, or exists only in the database or only in the model.
	WrongDatabase Rule = "the database differs from the model"
	// Inconsistent: the garbage derived from the oracle's caches differs from the garbage derived from the database.
	// This is a bug of the oracle.
	Inconsistent Rule = "the oracle contradicts itself"
	// GarbageRemains: garbage is left at the end, although faults have stopped and collections have run since.
	GarbageRemains Rule = "garbage remains after the faults stopped"
	// OrphanRemains: a backend holds data that no record names, although faults have stopped and collections have run
	// since.
	OrphanRemains Rule = "an orphan remains in a backend after the faults stopped"
	// CollectionFailed: a collection failed although no fault was in force, or succeeded while a transaction was open.
	CollectionFailed Rule = "a collection failed without a fault"
	// WrongAnswer: an explanation has a chain that is not made of references, is not the shortest, or is missing; or it
	// calls garbage kept, or the reverse. See [Explainer].
	WrongAnswer Rule = "an explanation is wrong"
)

// Error returns the text of the rule.
func (r Rule) Error() string { return string(r) }

// A Problem is one violation of a rule. Rule and Call stay the same when a trace is shortened and its names change;
// Detail does not.
type Problem struct {
	Rule   Rule
	Call   string // the Op's name, its code and the expected code; "" if no single call is to blame
	Detail string // the Op or the object, and the observed and expected values
}

// Error returns the rule and the detail.
func (p *Problem) Error() string { return string(p.Rule) + ": " + p.Detail }

// Unwrap returns the rule.
func (p *Problem) Unwrap() error { return p.Rule }

func problem(rule Rule, format string, args ...any) *Problem {
	return &Problem{Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

// by adds the call to the problem, which may be nil.
func (p *Problem) by(c *call, r engine.Result) *Problem {
	if p != nil {
		p.Call = fmt.Sprintf("%s: %s instead of %s", c.op.Name, r.Code, c.out.code)
	}
	return p
}

package metadata

import (
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
)

// A condition is one of those that a conditional label lists. Any one that is met makes from keep to.
type condition struct {
	from, to gc.ID
	label    string
	ageTerm
}

// An ageTerm is met by a value less than age ago, if younger, and otherwise by one more than age ago.
type ageTerm struct {
	younger bool
	age     time.Duration
}

// conditions notes the conditions of one label. They keep a snapshot.
func (s *scan) conditions(r *rule, o object, label, snapshotter, value string) {
	terms, key, ok := parseConditions(value)
	if !ok {
		return
	}
	to := s.intern(r.target, snapshotter, key)
	for _, t := range terms {
		s.pending = append(s.pending, condition{o.id, to, label, t})
	}
	if len(terms) == 0 {
		s.Miss(o.id, to, gc.Reason{Rule: RuleIgnored, Detail: label})
	}
}

// parseConditions reads the value of a conditional label, which has the form
//
//	usedat<DURATION[,usedat>DURATION…]|KEY
//
// Conditions that do not have it are left out. It reports false if there is no KEY.
func parseConditions(value string) (terms []ageTerm, key string, ok bool) {
	list, key, ok := strings.Cut(value, "|")
	if !ok {
		return nil, "", false
	}
	for term := range strings.SplitSeq(list, ",") {
		i := strings.IndexAny(term, "!<>=")
		if i < 0 || term[:i] != "usedat" || term[i] != '<' && term[i] != '>' {
			continue
		}
		// "<=" and ">=" fail here: no duration begins with "=".
		if age, err := time.ParseDuration(term[i+1:]); err == nil {
			terms = append(terms, ageTerm{term[i] == '<', age})
		}
	}
	return terms, key, true
}

// condition evaluates a condition when all values are known.
func (s *scan) condition(c condition) {
	for _, used := range s.values[c.to] {
		if age := s.Now.Sub(used); c.younger && age < c.age || !c.younger && age > c.age {
			s.Edge(c.from, c.to, gc.Reason{Rule: RuleCondition, Detail: c.label})
			return
		}
	}
	s.Miss(c.from, c.to, gc.Reason{Rule: RuleUnmet, Detail: c.label})
}

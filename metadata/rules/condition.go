package rules

import (
	"strings"
	"time"
)

// An AgeTerm is one condition of a conditional label. It compares the age of a value with a limit.
type AgeTerm struct {
	Younger bool // the value must be younger than Age; otherwise it must be older
	Age     time.Duration
}

// Met reports whether a value of this age satisfies the condition. An age equal to the limit never does.
func (t AgeTerm) Met(age time.Duration) bool {
	return t.Younger && age < t.Age || !t.Younger && age > t.Age
}

// ParseConditions parses the value of a conditional label, which has the form
//
//	usedat<DURATION[,usedat>DURATION…]|KEY
//
// It returns the conditions and the key of the target. Malformed conditions are skipped. It reports false if there is
// no KEY.
func ParseConditions(value string) (terms []AgeTerm, key string, ok bool) {
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
			terms = append(terms, AgeTerm{term[i] == '<', age})
		}
	}
	return terms, key, true
}

package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
)

// Ignored returns the reason why a label has no effect on objects of a type, in a few words, such as "it counts from
// containerd 2.0 on". It returns "" for a label that has an effect, and for labels without [LabelPrefix].
func Ignored(t gc.ResourceType, label string, v Version) string {
	key, ok := strings.CutPrefix(label, LabelPrefix)
	if !ok {
		return ""
	}
	why := "there is no such label"
	for i := range labelRules {
		r := &labelRules[i]
		_, matches := r.Match(key)
		obeyed := Obeyed(t, v)&r.Meaning != 0
		switch {
		case matches && obeyed && r.Holds(v):
			return ""
		case matches && !obeyed:
			why = fmt.Sprintf("it means nothing on objects of kind %s", KindName(t))
			if since := obeyedSince(t, r.Meaning); since != 0 {
				why = fmt.Sprintf("it counts from containerd %s on", since)
			}
		case matches && v < r.Since:
			why = fmt.Sprintf("it counts from containerd %s on", r.Since)
		case r.NearMatch(key):
			why = fmt.Sprintf(`what follows %s must begin with "." or "/"`, LabelPrefix+r.Label)
		}
	}
	return why
}

// IgnoredValue returns the reason why the value of a label has no effect, in a few words. It returns "" for a valid
// value, and for a label without an effect in the version.
func IgnoredValue(label, value string, v Version) string {
	key, _ := strings.CutPrefix(label, LabelPrefix)
	for i := range labelRules {
		r := &labelRules[i]
		if _, matches := r.Match(key); !matches || !r.Holds(v) {
			continue
		}
		switch r.Meaning {
		case Expiry, ConditionValue:
			if _, err := time.Parse(time.RFC3339, value); err != nil {
				return "it is not a time such as 2006-01-02T15:04:05Z"
			}
		case Condition:
			terms, _, ok := ParseConditions(value)
			if !ok || len(terms) == 0 {
				return "it has no condition such as usedat<24h|KEY"
			}
		}
	}
	return ""
}

package metadata

import (
	"fmt"
	"strings"
	"time"
)

// Ignored says in a few words why a label that looks as if collections by a version obeyed it does not count on objects
// of a type. It returns "" for a label that does, and for one that is none of theirs.
func Ignored(t ResourceType, label string, v Version) string {
	key, ok := strings.CutPrefix(label, labelPrefix)
	if !ok {
		return ""
	}
	why := "there is no such label"
	for i := range labelRules {
		r := &labelRules[i]
		_, fits := r.fits(key)
		obeyed := obeys(t, v)&r.meaning != 0
		switch {
		case fits && obeyed && r.holds(v):
			return ""
		case fits && !obeyed:
			why = fmt.Sprintf("it means nothing on objects of kind %s", KindName(t))
			if since := obeyedSince(t, r.meaning); since != 0 {
				why = fmt.Sprintf("it counts from containerd %s on", since)
			}
		case fits && v < r.since:
			why = fmt.Sprintf("it counts from containerd %s on", r.since)
		case r.suffix == named && strings.HasPrefix(key, r.label):
			why = fmt.Sprintf(`what follows %s must begin with "." or "/"`, labelPrefix+r.label)
		}
	}
	return why
}

// IgnoredValue says in a few words why the value of a label that counts does not: it returns "" if it does.
func IgnoredValue(label, value string, v Version) string {
	key, _ := strings.CutPrefix(label, labelPrefix)
	for i := range labelRules {
		r := &labelRules[i]
		if _, fits := r.fits(key); !fits || !r.holds(v) {
			continue
		}
		switch r.meaning {
		case expires, conditionValue:
			if _, err := time.Parse(time.RFC3339, value); err != nil {
				return "it is not a time such as 2006-01-02T15:04:05Z"
			}
		case conditional:
			terms, _, ok := parseConditions(value)
			if !ok || len(terms) == 0 {
				return "it has no condition such as usedat<24h|KEY"
			}
		}
	}
	return ""
}

// obeys returns which meanings labels have on objects of a type.
func obeys(t ResourceType, v Version) meaning {
	for i := range kinds {
		if kinds[i].resource == t {
			obeyed := kinds[i].labels(v)
			if t == ResourceImage && v < V2_0 {
				obeyed &^= expires
			}
			return obeyed
		}
	}
	return 0
}

// obeyedSince returns the first version in which labels have a meaning on objects of a type, 0 if there is none.
func obeyedSince(t ResourceType, m meaning) Version {
	for _, v := range Versions() {
		if obeys(t, v)&m != 0 {
			return v
		}
	}
	return 0
}

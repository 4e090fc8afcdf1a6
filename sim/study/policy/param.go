package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A param is a parameter in a specification: a key, what it means, and where the
// value lives in the settings S, as a pointer to one of the types that set and show
// know.
type param[S any] struct {
	key, doc string
	field    func(*S) any
}

// A percent is a whole number from 0 to 100.
type percent int

// parseParams sets what "key=value,key=value" says. Name is the policy's, for
// errors: every one names the key. Also are keys that are known elsewhere.
func parseParams[S any](name string, params []param[S], into *S, text string, also ...string) error {
	if text == "" {
		return nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if newer, old := deprecated[key]; old && slices.Contains(keysOf(params), newer) {
			key = newer
		}
		at := slices.IndexFunc(params, func(p param[S]) bool { return p.key == key })
		switch {
		case at < 0:
			return fmt.Errorf("policy %q: %w", name, unknown("key", key, append(also, keysOf(params)...)))
		case !ok:
			return invalid("policy %q: key %q: has no value (%s=VALUE)", name, key, key)
		case seen[key]:
			return invalid("policy %q: key %q: given twice", name, key)
		}
		seen[key] = true
		if err := set(params[at].field(into), value); err != nil {
			return fmt.Errorf("policy %q: key %q: %w", name, key, err)
		}
	}
	return nil
}

// printParams is what parseParams reads, with every parameter but an empty filter.
func printParams[S any](params []param[S], s S) string {
	var list []string
	for _, p := range params {
		if value := show(p.field(&s)); value != "" {
			list = append(list, p.key+"="+value)
		}
	}
	return strings.Join(list, ",")
}

func keysOf[S any](params []param[S]) (keys []string) {
	for _, p := range params {
		keys = append(keys, p.key)
	}
	return keys
}

// unknown is the error about a word that is none of those known.
func unknown(what, word string, known []string) error {
	return invalid("%s %q: unknown; known are %s", what, word, strings.Join(known, ", "))
}

// set parses text into a value.
func set(value any, text string) (err error) {
	switch v := value.(type) {
	case *percent:
		n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
		if err != nil || n < 0 || n > 100 {
			return invalid("%q is not a percentage from 0 to 100", text)
		}
		*v = percent(n)
	case *time.Duration:
		*v, err = parseDuration(text)
	case *Amount:
		*v, err = ParseAmount(text)
	case *bool:
		if *v = text == "true"; !*v && text != "false" {
			return invalid("%q is neither true nor false", text)
		}
	case *[]string:
		*v = strings.Split(strings.ReplaceAll(text, "&", ","), "|")
	default:
		panic(fmt.Sprintf("parameter of type %T", value))
	}
	return err
}

// show is the text that set reads.
func show(value any) string {
	switch v := value.(type) {
	case *percent:
		return strconv.Itoa(int(*v))
	case *time.Duration:
		return showDuration(*v)
	case *Amount:
		return v.String()
	case *bool:
		return strconv.FormatBool(*v)
	case *[]string:
		return strings.ReplaceAll(strings.Join(*v, "|"), ",", "&")
	}
	panic(fmt.Sprintf("parameter of type %T", value))
}

const day = 24 * time.Hour

// parseDuration reads Go's durations, and whole days: "60d".
func parseDuration(text string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.Atoi(number)
		if err == nil && days >= 0 && days <= int((1<<63-1)/day) {
			return time.Duration(days) * day, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, invalid("%q is not a duration such as 90s, 2m, 48h or 60d", text)
}

// showDuration is the shortest text: "2m", not "2m0s".
func showDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if trimmed, ok := strings.CutSuffix(text, "m0s"); ok {
		text = trimmed + "m"
	}
	if trimmed, ok := strings.CutSuffix(text, "h0m"); ok {
		text = trimmed + "h"
	}
	return text
}

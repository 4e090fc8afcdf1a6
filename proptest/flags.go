package proptest

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// settings are what can be set from outside, by the names of their flags.
var settings = []struct {
	name, usage string
	set         func(o *options, value string) error
}{
	{"seed", "seed of the cases", func(o *options, value string) (err error) {
		o.seed, err = strconv.ParseInt(value, 10, 64)
		return err
	}},
	{"cases", "histories that each law is held against", func(o *options, value string) (err error) {
		o.cases, err = strconv.Atoi(value)
		return err
	}},
	{"size", "Ops of the largest histories", func(o *options, value string) (err error) {
		o.size, err = strconv.Atoi(value)
		return err
	}},
	{"law", "names of the laws to check, separated by commas", func(o *options, value string) error {
		o.laws = nil
		for _, name := range strings.Split(value, ",") {
			o.laws = append(o.laws, LawName(name))
		}
		return nil
	}},
	{"trace", "file with the only trace to try", func(*options, string) error { return nil }},
}

const prefix = "proptest."

// Flags belong to tests: other programs that import the package keep theirs to themselves.
func init() {
	if !testing.Testing() {
		return
	}
	for _, s := range settings {
		flag.String(prefix+s.name, "", s.usage)
	}
}

// override applies what flags and the environment say, and returns the trace that they name.
func (o *options) override() (trace string, err error) {
	for _, s := range settings {
		value := os.Getenv(strings.ToUpper(strings.ReplaceAll(prefix+s.name, ".", "_")))
		if f := flag.Lookup(prefix + s.name); f != nil && f.Value.String() != "" {
			value = f.Value.String()
		}
		if value == "" {
			continue
		}
		if err := s.set(o, value); err != nil {
			return "", fmt.Errorf("%s%s: %w", prefix, s.name, err)
		}
		if s.name == "trace" {
			trace = value
		}
	}
	return trace, nil
}

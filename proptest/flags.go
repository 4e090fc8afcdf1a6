package proptest

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// settings are the settings of a check that flags and environment variables override.
var settings = []struct {
	name, usage string
	set         func(o *options, value string) error
}{
	{"seed", "seed of the random cases", func(o *options, value string) (err error) {
		o.seed, err = strconv.ParseInt(value, 10, 64)
		return err
	}},
	{"cases", "number of histories per law", func(o *options, value string) (err error) {
		o.cases, err = strconv.Atoi(value)
		return err
	}},
	{"size", "number of Ops of the largest histories", func(o *options, value string) (err error) {
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
	{"trace", "check only the trace in this file", func(*options, string) error { return nil }},
}

const prefix = "proptest."

// Only test binaries get the flags. Other programs that import the package do not.
func init() {
	if !testing.Testing() {
		return
	}
	for _, s := range settings {
		flag.String(prefix+s.name, "", s.usage)
	}
}

// override applies the flags and environment variables. It returns the name of the trace file, or "".
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

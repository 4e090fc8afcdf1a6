package spec_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// settings has a field of each type of value.
type settings struct {
	Percent  int
	Fraction float64
	Count    int
	Wait     time.Duration
	All      bool
	Space    spec.Amount
	Mode     string
	Filter   []string
}

var params = []spec.Param[settings]{
	{Key: "percent", Value: func(s *settings) spec.Value { return spec.Percent(&s.Percent) }},
	{Key: "fraction", Value: func(s *settings) spec.Value { return spec.Fraction(&s.Fraction, 0.5) }},
	{Key: "count", Value: func(s *settings) spec.Value { return spec.Count(&s.Count) }},
	{Key: "wait", Old: []string{"delay"}, Value: func(s *settings) spec.Value { return spec.Duration(&s.Wait, 1) }},
	{Key: "all", Value: func(s *settings) spec.Value { return spec.Bool(&s.All) }},
	{Key: "space", Value: func(s *settings) spec.Value { return spec.Space(&s.Space, spec.Amount{}) }},
	{Key: "mode", Value: func(s *settings) spec.Value { return spec.Choice(&s.Mode, []string{"slow", "fast"}) }},
	{Key: "filter", Value: func(s *settings) spec.Value { return spec.Alternatives(&s.Filter) }},
}

func parse(text string) (settings, error) {
	s := settings{Wait: time.Second}
	part, err := spec.Parse("test", text)
	if err == nil {
		err = spec.AssignAll(part, params, &s)
	}
	return s, err
}

func TestAssign(t *testing.T) {
	for text, want := range map[string]string{
		"x": "percent=0,fraction=0,count=0,wait=1s,all=false,space=0",
		"x:85%,fraction=2%,count=7,delay=1d12h,all=true,space=1.5GiB,mode=fast,filter=a==b&c|d": "percent=85,fraction=0.02,count=7,wait=36h,all=true,space=1536MiB,mode=fast,filter=a==b&c|d",
		"x:space=50B": "percent=0,fraction=0,count=0,wait=1s,all=false,space=50",
		"x:space=70%": "percent=0,fraction=0,count=0,wait=1s,all=false,space=70%",
	} {
		t.Run(text, func(t *testing.T) {
			s, err := parse(text)
			if got := spec.Print(params, s); err != nil || got != want {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	const prefix = `test "x", column `
	for text, want := range map[string]string{
		"x:":                  `3: no parameters after the colon`,
		"x:percent":           `3: key "percent": has no value (percent=VALUE)`,
		"x:percent=":          `3: key "percent": has no value (percent=VALUE)`,
		"x:all=yes":           `3: key "all": "yes" is neither true nor false`,
		"x:1,count=1,size=3":  `13: key "size": unknown; known are percent, fraction, count, wait, all, space, mode, filter`,
		"x:count=1,7":         `11: key "7": unknown; known are percent, fraction, count, wait, all, space, mode, filter`,
		"x:wait=1s,delay=1s":  `11: key "wait": given twice`,
		"x:percent=101":       `3: key "percent": "101" is not a percentage from 0 to 100`,
		"x:fraction=51%":      `3: key "fraction": "51%" is not a number from 0 to 0.5`,
		"x:count=-1":          `3: key "count": "-1" is not a whole number of at least 0`,
		"x:wait=0s":           `3: key "wait": 0s is not above 0`,
		"x:space=10XB":        `3: key "space": "10XB" is not an amount such as 10GB, 1.5GiB or 80%`,
		"x:space=0.5":         `3: key "space": "0.5" is not an amount such as 10GB, 1.5GiB or 80%`,
		"x:space=99999999TB":  `3: key "space": "99999999TB" is not an amount such as 10GB, 1.5GiB or 80%`,
		"x:mode=no":           `3: key "mode": "no" is unknown; known are slow, fast`,
		"x:percent=70..90/5":  `3: key "percent": "70..90/5" is not a percentage from 0 to 100`,
		"x:wait=1h,count=1.5": `11: key "count": "1.5" is not a whole number of at least 0`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parse(text)
			if err == nil || err.Error() != prefix+want || !errors.Is(err, errdefs.ErrInvalidArgument) {
				t.Errorf("%v; want %s%s", err, prefix, want)
			}
		})
	}
}

// Columns count from the start of the whole specification.
func TestSectionsShiftErrors(t *testing.T) {
	sections := spec.Sections("never + x:percent=101")
	if len(sections) != 2 || sections[0].Text != "never" || sections[1] != (spec.Section{Text: "x:percent=101", Column: 9}) {
		t.Fatalf("%+v", sections)
	}
	_, err := parse(sections[1].Text)
	var e *spec.Error
	if !errors.As(sections[1].Shift(err), &e) || e.Column != 11 {
		t.Errorf("%v", sections[1].Shift(err))
	}
}

// Durations and quantities agree on each unit.
func TestUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1ns": 1, "1us": 1000, "1µs": 1000, "1ms": 1e6, "90s": 90e9, "1.5m": 90e9, "1h30m": 5400e9, "2d": 48 * time.Hour, "1w1d": 192 * time.Hour,
	} {
		d, err := spec.ParseDuration(text)
		x, err2 := spec.Quantity(text, spec.TimeUnits)
		if err != nil || err2 != nil || d != want || x != want.Seconds() {
			t.Errorf("%s: %s, %v; %g, %v", text, d, err, x, err2)
		}
	}
	for _, text := range []string{"", "1", "-1s", "-0s", "1 s", "s", "1s2", "1e3s", "99999999d", "1x", "1h-1m", "µ"} {
		if d, err := spec.ParseDuration(text); err == nil {
			t.Errorf("%q: %s", text, d)
		}
	}
	for text, want := range map[string]float64{"0": 0, "1.5GiB": 1.5 * (1 << 30), "1e3MB": 1e9, "4kB": 4000, "7B": 7} {
		if x, err := spec.Quantity(text, spec.ByteUnits); err != nil || x != want {
			t.Errorf("%s: %g, %v", text, x, err)
		}
	}
	for _, text := range []string{"", "4", "-1B", "1B1B", "0x1B", "1_0B", "InfB", "NaN", "1e999B", "1s"} {
		if x, err := spec.Quantity(text, spec.ByteUnits); err == nil {
			t.Errorf("%q: %g", text, x)
		}
	}
}

func TestAmountOf(t *testing.T) {
	for _, c := range []struct {
		text       string
		disk, want int64
	}{{"85%", 1000, 850}, {"33%", 10, 3}, {"5GB", 10, 5e9}, {"100%", 1<<63 - 1, 1<<63 - 1}, {"50%", 0, 0}} {
		if a, err := spec.ParseAmount(c.text); err != nil || a.Of(c.disk) != c.want || a.String() != c.text {
			t.Errorf("%s of %d: %d, %v", a, c.disk, a.Of(c.disk), err)
		}
	}
}

func TestComplete(t *testing.T) {
	rows := []spec.Row{{Name: "xylem", Params: spec.Describe(params, settings{})}, {Name: "xerox"}}
	for text, want := range map[string][]string{
		"x":                {"xylem", "xerox"},
		"never+xy":         {"never+xylem"},
		"xylem:count=1,fi": {"xylem:count=1,filter="},
		"xylem:f":          {"xylem:fraction=", "xylem:filter="},
		"xylem:a=1;mode=f": {"xylem:a=1;mode=fast"},
		"xylem:all=":       {"xylem:all=true", "xylem:all=false"},
		"xerox:":           nil,
		"xylem:mode=fast,": {"xylem:mode=fast,percent=", "xylem:mode=fast,fraction=", "xylem:mode=fast,count=", "xylem:mode=fast,wait=", "xylem:mode=fast,all=", "xylem:mode=fast,space=", "xylem:mode=fast,mode=", "xylem:mode=fast,filter="},
	} {
		if got := spec.Complete(rows, text); !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// Whatever parses prints as a text that parses to the same settings.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"x:85,wait=1h30m", "x:space=1.5GiB,fraction=2%", "x:filter=a|b&c", "x:;", "x:wait=1w2d3ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range spec.Sections(text) {
			if s.Column < 1 || s.Column > len(text)+1 {
				t.Fatalf("section %+v of %q", s, text)
			}
		}
		spec.Complete([]spec.Row{{Name: "x", Params: spec.Describe(params, settings{})}}, text)
		_, _ = spec.Quantity(text, spec.TimeUnits)
		s, err := parse(text)
		if err != nil {
			var e *spec.Error
			if !errors.As(err, &e) || e.Column > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		printed := "x:" + spec.Print(params, s)
		again, err := parse(printed)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(s) {
			t.Fatalf("%q prints as %q, which is %+v, %v", text, printed, again, err)
		}
	})
}

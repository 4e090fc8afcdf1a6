package spec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// TestGrid checks the values of ranges.
func TestGrid(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", "kubelet:high=85", "kubelet:high=85"},
		{"step", "lru:high=70..90/10", "lru:high=70 lru:high=80 lru:high=90"},
		{"end not reached", "lru:high=70..90/15", "lru:high=70 lru:high=85"},
		{"round step", "lru:high=60..90", "lru:high=60 lru:high=65 lru:high=70 lru:high=75 lru:high=80 lru:high=85 lru:high=90"},
		{"round step and end", "x:a=1..14", "x:a=1 x:a=3 x:a=5 x:a=7 x:a=9 x:a=11 x:a=13 x:a=14"},
		{"unit of the end", "ttl:after=1..7d/3d", "ttl:after=1d ttl:after=4d ttl:after=7d"},
		{"fractions", "containerd:pause=0.1..0.3/0.1", "containerd:pause=0.1 containerd:pause=0.2 containerd:pause=0.3"},
		{"value alone", "interval:1..2h+lru", "interval:1h+lru interval:2h+lru"},
		{"two axes", "interval:1..2h+lru:high=8..9,low=3", "interval:1h+lru:high=8,low=3 interval:1h+lru:high=9,low=3 interval:2h+lru:high=8,low=3 interval:2h+lru:high=9,low=3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := spec.ParseGrid("policy", c.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range s.Size() {
				got = append(got, s.At(i))
			}
			if !slices.Equal(got, strings.Split(c.want, " ")) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestGridAxes checks the names of axes and the indices of a specification.
func TestGridAxes(t *testing.T) {
	s, err := spec.ParseGrid("policy", "interval:1..2h + kubelet:high=80..82,low=5..6")
	if err != nil || len(s.Axes) != 3 {
		t.Fatal(s, err)
	}
	for i, want := range []string{"interval  10", "kubelet high 31", "kubelet low 42"} {
		a := s.Axes[i]
		if got := strings.Join([]string{a.Name, a.Key, string(rune('0'+a.Column/10)) + string(rune('0'+a.Column%10))}, " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := s.Indices(s.Size() - 2); !slices.Equal(got, []int{1, 2, 0}) {
		t.Error(got)
	}
}

// TestGridErrors checks that each error has the place of the range, and says what is wrong with it.
func TestGridErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no number", "lru:high=a..b", `policy "lru", column 10: key "high": "a" is not one number with at most one unit, such as 70 or 7d`},
		{"no end", "lru:high=70..", `policy "lru", column 10: key "high": "" is not one number`},
		{"three dots", "lru:high=70...90", `".90"`},
		{"descending", "lru:high=90..70", `the range "90..70" does not ascend`},
		{"step 0", "lru:high=70..90/0", `the step of the range "70..90/0" is 0`},
		{"step without number", "lru:high=70..90/x", `"x" is not one number`},
		{"units", "ttl:after=12h..3d", `has the units "h" and "d": write all numbers of a range in one unit`},
		{"two terms", "ttl:after=1h30m..3h", `"1h30m" is not one number`},
		{"many values", "lru:high=0..100000/1", "has 100001 values: at most 1000"},
		{"many specifications", "lru:high=0..999/1,low=0..999/1", "stand for 1000000 specifications: at most 10000"},
		{"huge", "lru:high=1..99999999999999999999", "is not one number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := spec.ParseGrid("policy", c.text)
			if !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

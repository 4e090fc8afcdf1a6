package tune_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/tune"
)

// TestParseGoal checks the limits and the minimized quantity of goals.
func TestParseGoal(t *testing.T) {
	g, err := tune.ParseGoal(" disk < 70%, refetch<=2.5GB ,pause<50ms, evictions min")
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Limits) != 3 || g.Minimize.Name != "evictions" {
		t.Fatalf("%+v", g)
	}
	for i, want := range []tune.Limit{{Most: 70, Percent: true, Text: "disk < 70%"}, {Most: 2.5e9, Text: "refetch<=2.5GB"}, {Most: 0.05, Text: "pause<50ms"}} {
		if l := g.Limits[i]; l.Most != want.Most || l.Percent != want.Percent || l.Text != want.Text {
			t.Errorf("limit %d: %+v", i, l)
		}
	}
}

// TestParseGoalErrors checks that each error says where it is and what to write.
func TestParseGoalErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `goal "", column 1: the term is empty; write limits and one quantity to minimize`},
		{"no minimum", "disk<70%", `goal "disk<70%": minimizes nothing`},
		{"two minima", "disk min, refetch min", "column 11: refetch is the second quantity to minimize, after disk"},
		{"maximum", "disk max", `column 1: "disk max" is neither a limit nor a quantity to minimize`},
		{"unknown minimum", "refetches min", `unknown quantity "refetches"; known are disk, disk-p95`},
		{"unknown limit", "refetch min, dsk<70%", `column 14: unknown quantity "dsk"`},
		{"greater", "disk>70%, refetch min", `"disk>70%" is neither`},
		{"percent of bytes", "refetch<5%, disk min", "the limit of refetch must be in bytes a day, not a percentage"},
		{"above 100", "disk<170%, refetch min", `"170%" is above 100 %`},
		{"no unit", "disk<70, refetch min", "the limit of disk: "},
		{"wrong unit", "pause<5GB, refetch min", "the limit of pause: "},
		{"zero", "disk<0%, refetch min", "the limit of disk must be above 0"},
		{"twice", "disk<70%, disk<50GB, refetch min", "column 11: disk has two limits"},
		{"trailing comma", "refetch min,", "column 13: the term is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := tune.ParseGoal(c.text); !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

package recorded_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// replay replays the recording until one of the copies, with knowledge of the given copies.
func (d *daemon) replay(t *testing.T, until int, older bool, copies ...recorded.Copy) (*recorded.Prediction, *recorded.Trace) {
	t.Helper()
	end := d.copies[until].at
	trace, err := recorded.Interpret(d.until(end, older), recorded.Options{Start: d.began, End: end, Copies: copies})
	if err != nil {
		t.Fatal(err)
	}
	p, err := recorded.Replay(trace, nil, schedule.Defaults(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p, trace
}

// given returns the first copy, every n-th one after it before until, each with its time moved.
func (d *daemon) given(t *testing.T, until, every int, off time.Duration) (list []recorded.Copy) {
	t.Helper()
	for n := 0; every > 0 && n < until; n += every {
		list = append(list, recorded.Copy{Time: d.copies[n].at.Add(off), Node: d.copies[n].open(t)})
	}
	return list
}

// copiesRows are the rows of testdata/copies.txt.
var copiesRows = []struct {
	form   string
	copies string
	every  int // in units of 10 s; 0 for none
}{
	{"2.x", "none", 0}, {"2.x", "60 s", 6}, {"2.x", "20 s", 2}, {"1.6", "none", 0}, {"1.6", "20 s", 2},
}

// TestCopies replays a recording of containerd's own packages with clients, with and without copies of the database. At
// three times it compares the objects with a copy that the replay lacks; its last one is 50 s or 10 s older.
// It does not compare collections: the timers of a real daemon are late, and Replay assumes that.
func TestCopies(t *testing.T) {
	d := record(t, 1, 3*time.Minute, 10*time.Second)
	var table strings.Builder
	row := func(columns ...any) { fmt.Fprintf(&table, "%-6s %-6s %-10s %6v %6v %6v\n", columns...) }
	row("events", "copies", "kind", "real", "extra", "lost")
	kinds := []string{"image", "container", "snapshot", "content", "lease"}
	for _, r := range copiesRows {
		older := r.form == "1.6"
		extra, lost, real := map[string]int{}, map[string]int{}, map[string]int{}
		for _, n := range []int{5, 11, 17} {
			p, _ := d.replay(t, n, older, d.given(t, n, r.every, 0)...)
			got, want := nodes(t, p.Node), nodes(t, d.copies[n].open(t))
			for _, k := range kinds {
				extra[k] += len(only(k, got, want))
				lost[k] += len(only(k, want, got))
				real[k] += len(only(k, want, nil))
			}
		}
		for _, k := range kinds {
			row(r.form, r.copies, k, real[k], extra[k], lost[k])
		}
		if extra["image"]+lost["image"]+extra["container"]+lost["container"] > 0 {
			t.Errorf("%s, copies %s: image records or containers differ", r.form, r.copies)
		}
	}
	checkTable(t, "testdata/copies.txt", table.String())

	t.Run("exact at a copy", func(t *testing.T) {
		for _, older := range []bool{false, true} {
			for _, n := range []int{7, 17} {
				p, _ := d.replay(t, n, older, append(d.given(t, n, 4, 0), recorded.Copy{Time: d.copies[n].at, Node: d.copies[n].open(t)})...)
				got, want := nodes(t, p.Node), nodes(t, d.copies[n].open(t))
				if extra, lost := only("", got, want), only("", want, got); len(extra)+len(lost) > 0 {
					t.Errorf("1.6 %t, copy %d: extra %q, lost %q", older, n, extra, lost)
				}
			}
		}
	})

	t.Run("inaccurate times", func(t *testing.T) {
		for _, off := range []time.Duration{-1500 * time.Millisecond, time.Second} {
			_, trace := d.replay(t, 17, false, d.given(t, 17, 1, off)...)
			moved := 0
			for _, c := range trace.Summary.Corrections {
				if c.Contradicted > 0 {
					t.Errorf("copy of %s, off by %s: %+v", c.Given.Add(-off), off, c)
				}
				if c.At != c.Given {
					moved++
				}
			}
			if moved < 5 {
				t.Errorf("off by %s: %d copies were moved", off, moved)
			}
		}
	})

	t.Run("confidence", func(t *testing.T) {
		_, without := d.replay(t, 17, false)
		_, with := d.replay(t, 17, false, d.given(t, 17, 1, 0)...)
		if c := without.Summary.Confidence.Targets; c.Certain != 0 {
			t.Errorf("targets without copies: %+v", c)
		}
		if c := with.Summary.Confidence.Targets; c.Certain < 3*(c.Likely+c.Guessed) {
			t.Errorf("targets with copies: %+v", c)
		}
	})

	t.Run("errors", func(t *testing.T) {
		at := d.copies[3].at
		other := load(t, "small-2.4.2").before(t)
		for name, c := range map[string]struct {
			copies []recorded.Copy
			want   string
		}{
			"early": {[]recorded.Copy{{Time: d.began.Add(-1), Node: other}}, "the recording is from"},
			"late":  {[]recorded.Copy{{Time: d.copies[6].at, Node: other}}, "the recording is from"},
			"twice": {[]recorded.Copy{{Time: at, Node: other}, {Time: d.began, Node: other}, {Time: at, Node: other}}, "two copies"},
			"other": {[]recorded.Copy{{Time: at, Node: other}}, "pass a copy of the same node"},
		} {
			_, err := recorded.Interpret(d.until(d.copies[5].at, false), recorded.Options{Start: d.began, End: d.copies[5].at, Copies: c.copies})
			if !errdefs.IsInvalidArgument(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	})
}

func percent(of, all int) string { return fmt.Sprintf("%.0f %%", 100*float64(of)/float64(all)) }

// checkTable compares a table with a golden file, or rewrites the file.
func checkTable(t *testing.T, path, text string) {
	t.Helper()
	text = regexp.MustCompile(` +\n`).ReplaceAllString(text, "\n")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs (-update rewrites it); now\n%s", path, text)
	}
}

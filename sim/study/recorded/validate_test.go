package recorded_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// validations are replays of recordings. The replays from events use only before.db, the mean pause in gc.log, and the
// time of the daemon. Others also use gc.log ("log"), the commands of the clients (see recording.informed), of these
// only the times at which clients waited for a collection ("waits"), or after.db as a copy at the end ("copy").
var validations = []struct {
	recording string
	knowledge string

	// In small recordings: the commands that led to real collections without a simulated one within 0.4 s.
	unseen []string
}{
	{"small-2.4.2", "events", []string{removesResource, "-n team-a leases rm l1", "leases rm --sync hold"}},
	{"small-2.4.2", "commands", []string{}},
	{"small-1.6.20", "events", []string{removesResource, removesTwo, "-n team-a leases rm l1", removesBlob, "leases rm --sync hold"}},
	{"small-1.6.20", "commands", []string{removesTwo}},
	{"mixed-2.4.2", "events", nil},
	{"mixed-2.4.2", "commands", nil},
	{"small-2.4.2", "log", []string{}},
	{"small-1.6.20", "log", []string{}},
	{"mixed-2.4.2", "log", []string{}},
	{"small-2.4.2", "waits", nil},
	{"small-1.6.20", "waits", nil},
	{"mixed-2.4.2", "waits", nil},
	{"small-2.4.2", "copy", nil},
	{"small-1.6.20", "copy", nil},
	{"mixed-2.4.2", "copy", nil},
}

// Commands that led to a collection of the real daemon and none of the simulated one. Some have events: then the
// simulated daemon made one collection instead of two, or did not know the blob.
const (
	removesResource = `{"op":"rmres","id":"sha256:14a5ee898d2a43c1c36b4a19915c226aec18ad5b876808f336e605b534652682","type":"snapshots/overlayfs","parent":"hold"}`
	removesTwo      = "-n team-a images rm example.local/app:1.0 example.local/app:1.1"
	removesBlob     = "content rm sha256:df1359671cdada7c90ee0618f35737d1c7344c317f99cfe01a4af743314632b8"
)

// exactKinds are the kinds whose objects are equal at the end in every replay.
var exactKinds = []string{"namespace", "image", "container", "snapshot"}

// TestReality replays the requests to real daemons on a simulated one. It compares the objects at the end, and the
// times of collections; testdata/accuracy.txt has the table. A number of collections alone proves little: surplus and
// missing ones compensate.
func TestReality(t *testing.T) {
	var table strings.Builder
	row := func(columns ...any) {
		fmt.Fprintf(&table, "%-13s %-9s %-11s %5v %10v %6v %6v %5v %7v %10v\n", columns...)
	}
	row("recording", "knowledge", "kind", "real", "simulated", "exact", "extra", "lost", "recall", "precision")
	for _, v := range validations {
		knowledge := v.knowledge
		t.Run(v.recording+" by "+knowledge, func(t *testing.T) {
			r := load(t, v.recording)
			o := recorded.Options{Before: r.before(t), Start: r.start, End: r.end}
			switch knowledge {
			case "commands":
				o = r.informed(t)
			case "log":
				o.Log = r.log
			case "waits":
				o.Also = slices.DeleteFunc(r.informed(t).Also, func(s recorded.Step) bool { return s.Op.Name != op.ScheduleTrigger })
			case "copy":
				o.Copies = []recorded.Copy{{Time: r.end, Node: r.open(t, "after.db.gz")}}
			}
			trace, err := recorded.Interpret(r.events, o)
			if err != nil {
				t.Fatal(err)
			}
			p, err := recorded.Replay(trace, r.before(t), r.settings, r.log.Pause())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d removals of snapshots by collections; %+v", trace.Summary.Collected, trace.Summary.Confidence)
			got := nodes(t, p.Node)
			for _, kind := range append(slices.Clone(exactKinds), "content") {
				extra, lost, real := only(kind, got, r.after), only(kind, r.after, got), only(kind, r.after, nil)
				row(v.recording, knowledge, kind, len(real), len(only(kind, got, nil)), len(real)-len(lost), len(extra), len(lost), "", "")
				if kind == "namespace" && len(real) == 0 {
					t.Error("no namespaces: the check sees nothing")
				}
				if (knowledge == "copy" || slices.Contains(exactKinds, kind)) && len(extra)+len(lost) > 0 {
					t.Errorf("%ss only in the simulation: %q, only in reality: %q", kind, extra, lost)
				}
			}
			for _, kind := range []string{"lease", "ingest"} { // events have no names of these
				row(v.recording, knowledge, kind, len(only(kind, r.after, nil)), len(only(kind, got, nil)), "", "", "", "", "")
			}
			matched := r.matched(p.Collections)
			r.logDifferences(t, p.Collections)
			row(v.recording, knowledge, "collection", len(r.real), len(p.Collections), matched, len(p.Collections)-matched,
				len(r.real)-matched, percent(matched, len(r.real)), percent(matched, len(p.Collections)))
			if unseen := r.unpredicted(p.Collections); v.unseen != nil && !slices.Equal(unseen, v.unseen) {
				t.Errorf("collections that were not predicted came of %q, want %q", unseen, v.unseen)
			}
		})
	}
	checkTable(t, "testdata/accuracy.txt", table.String())
}

// TestDocumentedAccuracy checks that the package documentation has the figures of testdata/accuracy.txt.
func TestDocumentedAccuracy(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("testdata/accuracy.txt")
	if err != nil {
		t.Fatal(err)
	}
	documented := strings.Join(strings.Fields(strings.ReplaceAll(string(doc), "//", "")), " ")
	var content []string // of the same replay as the next collections
	rows := 0
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		switch {
		case f[2] == "content":
			content = f
		case f[2] == "collection":
			rows++
			want := strings.Join(slices.Concat(f[:2], f[3:5], f[8:], content[3:4], content[6:8]), " ")
			if !strings.Contains(documented, want) {
				t.Errorf("doc.go lacks the row %q", want)
			}
		}
	}
	if rows != len(validations) {
		t.Errorf("%d rows of collections", rows)
	}
}

// TestDocumentedCopies checks that the package documentation has the figures of testdata/copies.txt.
func TestDocumentedCopies(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("testdata/copies.txt")
	if err != nil {
		t.Fatal(err)
	}
	documented := strings.Join(strings.Fields(strings.ReplaceAll(string(doc), "//", "")), " ")
	rows := 0
	for line := range strings.Lines(string(table)) {
		if before, figures, ok := strings.Cut(line, "content"); ok {
			rows++
			want := strings.Join(append(strings.Fields(before), strings.Fields(figures)...), " ")
			if !strings.Contains(documented, want) {
				t.Errorf("doc.go lacks the row %q", want)
			}
		}
	}
	if rows != len(copiesRows) {
		t.Errorf("%d rows", rows)
	}
}

// unpredicted are the commands during or after which the daemon collected, and the simulated one didn't.
func (r *recording) unpredicted(predicted []time.Time) (commands []string) {
	left := slices.Clone(predicted)
	for _, real := range r.real {
		near := slices.IndexFunc(left, func(p time.Time) bool { return p.Sub(real).Abs() < 400*time.Millisecond })
		if near >= 0 {
			left = slices.Delete(left, near, near+1)
			continue
		}
		for n := len(r.commands) - 1; n >= 0; n-- {
			if !r.commands[n].start.After(real) {
				commands = append(commands, r.commands[n].text)
				break
			}
		}
	}
	return commands
}

// near is the largest distance of a simulated collection from a real one that it predicts.
const near = 100 * time.Millisecond

// matched returns the number of pairs of a real and a simulated collection near each other. Each is in one pair at
// most.
func (r *recording) matched(predicted []time.Time) (pairs int) {
	for real, simulated := 0, 0; real < len(r.real) && simulated < len(predicted); {
		switch d := predicted[simulated].Sub(r.real[real]); {
		case d > near:
			real++
		case d < -near:
			simulated++
		default:
			pairs++
			real++
			simulated++
		}
	}
	return pairs
}

// logDifferences logs each real collection without a simulated one near it, and each simulated one without a real one,
// with its probable cause: the last command before it, the last event, and the next collection on the other side.
func (r *recording) logDifferences(t *testing.T, predicted []time.Time) {
	describe := func(what string, list, other []time.Time) {
		for _, at := range list {
			if slices.ContainsFunc(other, func(o time.Time) bool { return o.Sub(at).Abs() <= near }) {
				continue
			}
			command, event, off := "none", "none", time.Duration(0)
			for _, c := range r.commands {
				if c.start.Before(at) {
					command = c.text
				}
			}
			for _, e := range r.events {
				if e.Time.Before(at) {
					event = fmt.Sprintf("%s, %s before", e.Topic, at.Sub(e.Time).Round(time.Millisecond))
				}
			}
			for _, o := range other {
				if off == 0 || o.Sub(at).Abs() < off.Abs() {
					off = o.Sub(at)
				}
			}
			t.Logf("%s at %s: nearest on the other side %s; last event %s; last command %.90s",
				what, at.Format("15:04:05.000"), off.Round(time.Millisecond), event, command)
		}
	}
	describe("missed", r.real, predicted)
	describe("surplus", predicted, r.real)
}

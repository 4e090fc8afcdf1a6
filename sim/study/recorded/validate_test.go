package recorded_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// validations are the results of replays of recordings. The replays from events use only before.db, the mean pause in
// gc.log, and the time of the daemon. The informed replays use also the commands of the clients: see
// recording.informed.
var validations = []struct {
	recording string
	informed  bool

	collections int     // that the simulated daemon makes
	within      float64 // of how many the real one made
	extra, lost int     // blobs that are left only there, and only in after.db

	// In small recordings: the commands of which those collections came that the simulated daemon didn't make within
	// 0.4 s.
	unseen []string
}{
	{"small-2.4.2", false, 17, 0.15, 2, 3, []string{removesResource, runs, "-n team-a leases rm l1", "leases rm --sync hold"}},
	{"small-2.4.2", true, 20, 0, 0, 0, []string{runs}},
	{"small-1.6.20", false, 16, 0.24, 1, 6, []string{removesResource, removesTwo, "-n team-a leases rm l1", removesBlob, "leases rm --sync hold"}},
	{"small-1.6.20", true, 20, 0.05, 1, 6, []string{removesTwo}},
	{"mixed-2.4.2", false, 622, 0.01, 46, 101, nil},
	{"mixed-2.4.2", true, 679, 0.09, 6, 9, nil},
}

// Commands of which the real daemon collected and the simulated one didn't, though events tell of some: these it made
// one collection where there were two, or the blob is one of which it didn't know.
const (
	removesResource = `{"op":"rmres","id":"sha256:14a5ee898d2a43c1c36b4a19915c226aec18ad5b876808f336e605b534652682","type":"snapshots/overlayfs","parent":"hold"}`
	runs            = "run --rm example.local/base:1.0 task1 /bin/sh -c exit 3"
	removesTwo      = "-n team-a images rm example.local/app:1.0 example.local/app:1.1"
	removesBlob     = "content rm sha256:df1359671cdada7c90ee0618f35737d1c7344c317f99cfe01a4af743314632b8"
)

// TestReality replays the requests to real daemons on a simulated one. It compares the number of collections and the
// objects at the end.
func TestReality(t *testing.T) {
	for _, v := range validations {
		name := v.recording + " by events"
		if v.informed {
			name += " and commands"
		}
		t.Run(name, func(t *testing.T) {
			r := load(t, v.recording)
			o := recorded.Options{Before: r.before(t), Start: r.start, End: r.end}
			if v.informed {
				o = r.informed(t)
			}
			trace, err := recorded.Interpret(r.events, o)
			if err != nil {
				t.Fatal(err)
			}
			p, err := recorded.Replay(trace, r.before(t), r.settings, r.pause())
			if err != nil {
				t.Fatal(err)
			}
			off := math.Abs(float64(len(p.Collections)-len(r.real))) / float64(len(r.real))
			t.Logf("collections: %d, really %d: %.1f %% off", len(p.Collections), len(r.real), 100*off)
			if len(p.Collections) != v.collections || off > v.within {
				t.Errorf("%d collections, which is %.1f %% off: want %d, and at most %.0f %%", len(p.Collections), 100*off, v.collections, 100*v.within)
			}
			got := nodes(t, p.Node)
			for _, kind := range []string{"namespace", "image", "container", "snapshot"} {
				if extra, lost := only(kind, got, r.after), only(kind, r.after, got); len(extra)+len(lost) > 0 {
					t.Errorf("%ss only in the simulation: %q, only in reality: %q", kind, extra, lost)
				}
			}
			extra, lost := only("content", got, r.after), only("content", r.after, got)
			t.Logf("content: %d only in the simulation, %d only in reality, which has %d", len(extra), len(lost), len(only("content", r.after, nil)))
			if len(extra) != v.extra || len(lost) != v.lost {
				t.Errorf("content: %d only in the simulation and %d only in reality, want %d and %d", len(extra), len(lost), v.extra, v.lost)
			}
			for _, kind := range []string{"lease", "ingest"} {
				t.Logf("%ss: %d, really %d; under names that no event tells", kind, len(only(kind, got, nil)), len(only(kind, r.after, nil)))
			}
			if unseen := r.unpredicted(p.Collections); v.unseen != nil && !slices.Equal(unseen, v.unseen) {
				t.Errorf("collections that were not predicted came of %q, want %q", unseen, v.unseen)
			}
		})
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

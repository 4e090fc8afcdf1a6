package recorded_test

import (
	"bytes"
	"maps"
	"regexp"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// TestSameFromOps has one node begin with the database and others with the Ops that stand for it, one of them read from
// the trace as text: they end alike.
func TestSameFromOps(t *testing.T) {
	for _, name := range []string{"small-2.4.2", "small-1.6.20", "mixed-2.4.2"} {
		r := load(t, name)
		trace, err := recorded.Interpret(r.events, recorded.Options{Before: r.before(t), Start: r.start, End: r.end})
		if err != nil {
			t.Fatal(err)
		}
		opened, err := recorded.Replay(trace, r.before(t), r.settings, 0)
		if err != nil {
			t.Fatal(err)
		}
		made, err := recorded.Replay(trace, nil, r.settings, 0)
		if err != nil {
			t.Fatal(err)
		}
		trace.Setup.Schedule = &r.settings
		var text bytes.Buffer
		if err := trace.Write(&text); err != nil {
			t.Fatal(err)
		}
		read, err := engine.Replay(t.Context(), bytes.NewReader(text.Bytes()), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := nodes(t, opened.Node)
		for how, e := range map[string]*engine.Engine{"ops": made.Node, "text": read} {
			if got := nodes(t, e); !maps.Equal(got, want) {
				t.Errorf("%s, from %s: +%q -%q", name, how, only("", got, want), only("", want, got))
			}
		}
		if len(made.Collections) != len(opened.Collections) {
			t.Errorf("%s: %d collections, from ops %d", name, len(opened.Collections), len(made.Collections))
		}
	}
}

// remade matches fields that depend on the time or order of creation, and the list of a snapshot's children, in which
// daemons leave removed snapshots.
var remade = regexp.MustCompile(`^(createdat|updatedat|expireat|name|children(/.*)?)$`)

// TestBeforeAsOps recreates databases from Ops and compares them.
func TestBeforeAsOps(t *testing.T) {
	for _, name := range []string{"small-2.4.2", "small-1.6.20", "mixed-2.4.2"} {
		for _, file := range []string{"before.db.gz", "after.db.gz"} {
			r := load(t, name)
			db, err := engine.Open("testdata/"+name+"/"+file, engine.WithStart(r.start), engine.WithoutSchedule())
			if err != nil {
				t.Fatal(err)
			}
			trace, err := recorded.Interpret(r.events, recorded.Options{Before: db, Start: r.start})
			if err != nil {
				t.Fatal(err)
			}
			made, err := engine.New(engine.WithStart(r.start), engine.WithoutSchedule(), engine.WithSnapshotters(trace.Setup.Snapshotters...))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range trace.Before {
				if result := made.Apply(t.Context(), o); result.Code != op.OK {
					t.Fatalf("%s/%s: %s: %s", name, file, o, result)
				}
			}
			diff, err := db.Diff(made)
			if err != nil {
				t.Fatal(err)
			}
			if len(diff.Added)+len(diff.Removed) > 0 {
				t.Errorf("%s/%s: added %q, removed %q", name, file, diff.Added, diff.Removed)
			}
			for _, c := range diff.Changed {
				for _, f := range c.Fields {
					if !remade.MatchString(f.Field) {
						t.Errorf("%s/%s: %s: %s", name, file, c.Node, f.Field)
					}
				}
			}
		}
	}
}

// TestLoad has a comparison read the trace of events: its images are pulled, with sizes, and its containers run.
func TestLoad(t *testing.T) {
	r := load(t, "mixed-2.4.2")
	trace, err := recorded.Interpret(r.events, recorded.Options{Before: r.before(t)})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := trace.Write(&text); err != nil {
		t.Fatal(err)
	}
	l, err := compare.ReadTrace(&text, "mixed")
	if err != nil {
		t.Fatal(err)
	}
	pulls, runs, removes, layered := 0, 0, 0, 0
	for _, e := range l.Events {
		switch {
		case e.Pull != nil:
			pulls++
			if len(e.Pull.Layers) > 0 && e.Pull.Size() > 1000 {
				layered++
			}
		case e.Run != nil:
			runs++
		case e.Remove != nil:
			removes++
		}
	}
	t.Logf("%d pulls, %d of them with layers; %d containers run, %d removed", pulls, layered, runs, removes)
	if made := trace.Summary.Containers + 3; runs != made || removes != trace.Summary.Topics["/containers/delete"] || layered < pulls*9/10 {
		t.Errorf("%d pulls, %d of them with layers; %d containers run, want %d; %d removed", pulls, layered, runs, made, removes)
	}
}

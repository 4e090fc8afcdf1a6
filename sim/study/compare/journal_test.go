package compare_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// resume begins a study that keeps its nodes in a journal with the data of a file.
func resume(t *testing.T, s compare.Study, data []byte, out *bytes.Buffer) *compare.Running {
	t.Helper()
	j, err := compare.NewJournal(s, "test")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := j.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(data[:whole])
	j.AppendTo(out)
	r, err := compare.Begin(s)
	if err == nil {
		err = r.Keep(j)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestJournal interrupts a study, tears the last line of its journal, and resumes it: the result is that of a study
// without an interruption, and no finished node runs again.
func TestJournal(t *testing.T) {
	s := compare.Study{Profile: "edge", Days: 1, Seeds: 3, Policies: policies(t, "kubelet", "lru:high=30,low=20")}
	want := bytesOf(t, run(t, s))

	var first bytes.Buffer
	r := resume(t, s, nil, &first)
	steps := 0
	if err := r.Run(1, func(compare.Progress) { steps++ }, func() bool { return steps == 5 }); err != nil {
		t.Fatal(err)
	}
	partial, ok := r.Partial()
	if !ok || partial.Seeds != 1 || len(partial.Policies[0].Metrics[0].Values) != 1 {
		t.Fatalf("a partial result: %v, %+v", ok, partial)
	}
	torn := first.Bytes()[:first.Len()-10]

	var second bytes.Buffer
	r = resume(t, s, torn, &second)
	if at := r.Progress(); at.Done != 4 {
		t.Errorf("%d of the nodes are in the journal, not 4", at.Done)
	}
	if err := r.Run(2, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := bytesOf(t, r.Result()); got != want {
		t.Error("another result after an interruption")
	}
	r = resume(t, s, second.Bytes(), &bytes.Buffer{})
	if at := r.Progress(); at.Done != at.Total {
		t.Errorf("%d of %d nodes are in the journal", at.Done, at.Total)
	}
}

// TestJournalErrors reads files that are not the journal of a study.
func TestJournalErrors(t *testing.T) {
	s := compare.Study{Profile: "edge", Days: 1, Seeds: 1, Policies: policies(t, "none")}
	var file bytes.Buffer
	if err := resume(t, s, nil, &file).Run(1, nil, nil); err != nil {
		t.Fatal(err)
	}
	longer := s
	longer.Days = 2
	for _, c := range []struct {
		name, build string
		study       compare.Study
		data, want  string
	}{
		{"text", "test", s, "some text\n", "line 1: is no journal of holdfast"},
		{"days", "test", longer, file.String(), "line 1: has nodes of another study"},
		{"build", "other", s, file.String(), "line 1: written by another build, test"},
		{"line", "test", s, file.String() + "{}\n", "is no node of a journal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, err := compare.NewJournal(c.study, c.build)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = j.Read([]byte(c.data)); !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestFleet simulates nodes that start from different databases: each has its own state and its own name.
func TestFleet(t *testing.T) {
	a, b := open(t, "c16-tiny"), open(t, "c242-tiny")
	s := compare.Study{Profile: "edge", Days: 0.1, Seeds: 3, NoClairvoyant: true, Policies: policies(t, "none"),
		Fleet: []compare.Origin{{Engine: a, Name: "a"}, {Engine: b, Name: "b"}}}
	r := run(t, s)
	if got := strings.Join(r.Nodes, " "); got != "a b a" || r.Load.Name != "2 databases, from a to b" {
		t.Errorf("nodes %q of %q", got, r.Load.Name)
	}
	for i, o := range s.Fleet {
		alone := compare.Study{Profile: "edge", Days: 0.1, Seeds: 1, Seed: uint64(i), NoClairvoyant: true, From: o.Engine, Policies: s.Policies}
		if got, want := r.Policies[0].Metrics[0].Values[i], run(t, alone).Policies[0].Metrics[0].Values[0]; got != want {
			t.Errorf("node %d: mean bytes %v, alone %v", i, got, want)
		}
	}
	s.Seeds = 1
	if _, err := compare.Begin(s); err == nil || !strings.Contains(err.Error(), "fewer than the 2 databases") {
		t.Errorf("one seed for two databases: %v", err)
	}
}

// TestRange checks which points of a grid are combinations.
func TestRange(t *testing.T) {
	r, err := compare.ParseRange("kubelet:high=70..80/5,low=70..75/5")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Combinations() {
		got = append(got, c.Release...)
	}
	if text := strings.Join(got, " "); text != "kubelet:high=75,low=70 kubelet:high=80,low=70 kubelet:high=80,low=75" {
		t.Error(text)
	}
	if note := r.Note(); r.LeftOut != 3 || !strings.HasPrefix(note, "3 of the 6 settings of kubelet:high=70..80/5,low=70..75/5 are not valid and left out, such as kubelet:high=70,low=70: ") {
		t.Errorf("%d left out: %s", r.LeftOut, note)
	}
	for _, text := range []string{"kubelet:high=10..20,low=50", "kubelt:high=1..2", "kubelet:hihg=1..2", "kubelet:high=2..1"} {
		if _, err := compare.ParseRange(text); !errors.Is(err, errdefs.ErrInvalidArgument) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

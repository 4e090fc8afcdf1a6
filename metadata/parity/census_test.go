package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A census counts what histories came across, so that a suite that has stopped
// reaching something says so.
type census struct {
	histories, calls int
	outcomes         map[string]map[string]int // by op and by class of error
	topics           map[string]int            // of events
	removed          map[string]int            // calls by which collections changed a backend
	fired            map[string]int            // accepted differences
}

func newCensus() *census {
	return &census{outcomes: map[string]map[string]int{}, topics: map[string]int{}, removed: map[string]int{}, fired: map[string]int{}}
}

func (s *census) call(c call, o outcome) {
	s.calls++
	name := strings.TrimPrefix(fmt.Sprintf("%T", c.Op), "parity.")
	if s.outcomes[name] == nil {
		s.outcomes[name] = map[string]int{}
	}
	s.outcomes[name][o.verdict()]++
	for _, event := range o.Streams["events"] {
		s.topics[strings.Fields(event)[1]]++
	}
	if name == "collect" {
		for stream, notes := range o.Streams {
			for _, note := range notes {
				verb, _, _ := strings.Cut(note, " ")
				stream, _, _ = strings.Cut(stream, " ")
				s.removed[stream+" "+verb]++
			}
		}
	}
}

// verdict is how a call ended, in a word.
func (o outcome) verdict() string {
	switch {
	case o.Skipped:
		return "skipped"
	case o.Panic != "":
		return "panic"
	case o.Class == "":
		return "ok"
	}
	return o.Class
}

func (s *census) add(more *census) {
	s.histories += more.histories
	s.calls += more.calls
	for name, verdicts := range more.outcomes {
		if s.outcomes[name] == nil {
			s.outcomes[name] = map[string]int{}
		}
		addAll(s.outcomes[name], verdicts)
	}
	addAll(s.topics, more.topics)
	addAll(s.removed, more.removed)
	addAll(s.fired, more.fired)
}

func addAll(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}

// mustReach is what a full run has to come across.
var mustReach = struct{ topics, removed []string }{
	topics: []string{
		"/images/create", "/images/update", "/images/delete", "/content/create", "/content/delete",
		"/snapshot/prepare", "/snapshot/commit", "/snapshot/remove",
	},
	removed: []string{
		"content Delete", "content Abort", "snapshotter Remove", "snapshotter Cleanup", "events default",
		"collector StartCollection", "collector Remove", "collector Finish", "collector Cancel",
	},
}

// check fails the test for everything that a full run should have come across
// and did not.
func (s *census) check(t *testing.T) {
	for name, verdicts := range s.outcomes {
		if verdicts["ok"] == 0 {
			t.Errorf("%s never succeeded: %v", name, verdicts)
		}
	}
	for _, topic := range mustReach.topics {
		if s.topics[topic] == 0 {
			t.Errorf("no event %s", topic)
		}
	}
	for _, what := range mustReach.removed {
		if s.removed[what] == 0 {
			t.Errorf("no collection did this: %s", what)
		}
	}
	for _, d := range differences {
		if s.fired[d.id] == 0 {
			t.Errorf("the difference %q never showed: drop it, or draw what shows it", d.id)
		}
	}
}

func (s *census) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories, %d calls\n", s.histories, s.calls)
	for _, name := range slices.Sorted(maps.Keys(s.outcomes)) {
		fmt.Fprintf(&b, "%-20s %v\n", name, s.outcomes[name])
	}
	fmt.Fprintf(&b, "events: %v\ncollections: %v\ndifferences: %v", s.topics, s.removed, s.fired)
	return b.String()
}

package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A census counts the situations in histories. A test fails if a situation is no longer reached.
type census struct {
	histories, calls int
	outcomes         map[string]map[string]int // by op, then by verdict
	topics           map[string]int            // events by topic
	removed          map[string]int            // by backend and method: calls of collections that change a backend
	fired            map[string]int            // by ID of an accepted difference
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

// verdict summarizes the outcome of a call in one word.
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

// mustReach are events and removals that a full run must reach.
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

// check fails the test for each situation that a full run has not reached.
func (s *census) check(t *testing.T) {
	for name, verdicts := range s.outcomes {
		if verdicts["ok"] == 0 {
			t.Errorf("%s never succeeded: %v", name, verdicts)
		}
	}
	for _, topic := range mustReach.topics {
		if s.topics[topic] == 0 {
			t.Errorf("no history has the event %s", topic)
		}
	}
	for _, removal := range mustReach.removed {
		if s.removed[removal] == 0 {
			t.Errorf("no collection made the call %s", removal)
		}
	}
	for _, d := range differences {
		if s.fired[d.id] == 0 {
			t.Errorf("the difference %q never occurred: remove it, or generate calls that cause it", d.id)
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

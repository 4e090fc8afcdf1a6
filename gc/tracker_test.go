package gc_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/holdfast-gc/holdfast/gc"
)

// record returns the node whose record makes the statement.
func (c call) record() gc.Node {
	if c.verb == backEdge {
		return nodeOf(c.to)
	}
	return nodeOf(c.from)
}

// state makes the statements of a script in a Tracker.
func (s script) state(t *gc.Tracker) {
	visit := func(n int, flat bool) gc.ID {
		id := t.Intern(nodeOf(n))
		if flat {
			return t.Flat(id)
		}
		return id
	}
	for _, c := range s {
		switch c.verb {
		case define:
			t.Define(visit(c.from, false), c.weight)
		case root:
			t.Root(visit(c.from, c.flatFrom), c.reason)
		case edge:
			t.Edge(visit(c.from, c.flatFrom), visit(c.to, c.flatTo), c.reason)
		case backEdge:
			t.BackEdge(visit(c.from, c.flatFrom), visit(c.to, c.flatTo), c.reason)
		case miss:
			t.Miss(visit(c.from, c.flatFrom), visit(c.to, c.flatTo), c.reason)
		case missRoot:
			t.MissRoot(visit(c.from, c.flatFrom), c.reason)
		}
	}
}

// tracksChanges checks a Tracker against the naive implementation while records lose and regain statements. A Tracker
// knows no joint edges, so the script has edges in their place.
func tracksChanges(s script) error {
	s = slices.Clone(s)
	for i := range s {
		if s[i].verb == jointEdge {
			s[i].verb = edge
		}
	}
	r := rand.New(rand.NewPCG(uint64(len(s)), 7))
	t := gc.NewTracker(0)
	var now script
	before := map[gc.Node]bool{}
	for round := range 15 {
		var changed []gc.Node
		for range 1 + r.IntN(4) {
			changed = append(changed, nodeOf(r.IntN(16)))
		}
		if round == 0 { // everything
			for n := range 16 {
				changed = append(changed, nodeOf(n))
			}
		}
		for _, n := range changed {
			if id, ok := t.Lookup(n); ok {
				t.Withdraw(id)
			}
		}
		now = now.without(changed...)
		var added script
		for _, c := range s {
			if slices.Contains(changed, c.record()) && r.IntN(3) > 0 {
				added = append(added, c)
			}
		}
		now = append(now, added...)
		if r.IntN(4) > 0 { // otherwise the statements follow in the same settlement as further changes
			added.state(t)
		} else {
			added[:len(added)/2].state(t)
			for _, n := range changed {
				if id, ok := t.Lookup(n); ok {
					t.Withdraw(id)
				}
			}
			added.state(t)
		}
		reported := map[gc.Node]bool{}
		for _, id := range t.Settle() {
			reported[t.Node(id)] = true
		}
		if err := agrees(t, now, before, reported); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		before = now.reached()
	}
	for n := range 16 {
		if id, ok := t.Lookup(nodeOf(n)); ok {
			t.Withdraw(id)
		}
	}
	t.Settle()
	if t.Nodes() != 0 || len(t.Garbage()) != 0 {
		return fmt.Errorf("%d nodes are left without statements", t.Nodes())
	}
	return nil
}

// agrees compares a Tracker with a script. before are the nodes that were reached earlier, and reported are those that
// the Tracker says have become reached.
func agrees(t *gc.Tracker, s script, before, reported map[gc.Node]bool) error {
	reached := s.reached()
	for n := range 16 {
		node := nodeOf(n)
		id, known := t.Lookup(node)
		if got := known && t.Reached(id); got != reached[node] {
			return fmt.Errorf("%v: reached is %t, want %t\nwith\n%v", node, got, reached[node], s)
		}
		if reached[node] && !before[node] && !reported[node] {
			return fmt.Errorf("%v has become reached, which Settle does not report", node)
		}
		if reported[node] && !reached[node] {
			return fmt.Errorf("%v is reported, but not reached", node)
		}
	}
	var garbage []gc.Node
	for _, id := range t.Garbage() {
		garbage = append(garbage, t.Node(id))
	}
	slices.SortFunc(garbage, gc.Compare)
	if want, _ := s.removed(); !slices.Equal(garbage, want) {
		return fmt.Errorf("garbage %v, want %v\nwith\n%v", garbage, want, s)
	}
	for _, kind := range []gc.ResourceType{1, 2, 3} {
		for _, namespace := range []string{"a", "b"} {
			for _, id := range t.IDs(kind, namespace) {
				if n := t.Node(id); n.Type != kind || n.Namespace != namespace {
					return fmt.Errorf("%v is listed for type %d and namespace %q", n, kind, namespace)
				}
			}
		}
	}
	return nil
}

// A Tracker that gains and loses many nodes does not grow, and finds each node again.
func TestTrackerForgets(t *testing.T) {
	tracker := gc.NewTracker(10) // less than it holds
	node := func(i int) gc.Node { return gc.Node{Type: content, Namespace: "default", Key: fmt.Sprint(i)} }
	root := gc.Node{Type: image, Namespace: "default", Key: "root"}
	for round := range 20 {
		for i := range 1000 {
			id := tracker.Intern(node(round*500 + i))
			tracker.Define(id, 0)
			tracker.BackEdge(tracker.Intern(root), id, gc.Reason{})
		}
		tracker.Root(tracker.Intern(root), gc.Reason{})
		tracker.Settle()
		if len(tracker.Garbage()) != 0 {
			t.Fatalf("round %d: garbage %v", round, tracker.Garbage())
		}
		for i := range 500 {
			id, ok := tracker.Lookup(node(round*500 + i))
			if !ok {
				t.Fatalf("round %d: node %d is unknown", round, round*500+i)
			}
			tracker.Withdraw(id)
		}
		tracker.Settle()
		if got := tracker.Nodes(); got != 501 {
			t.Fatalf("round %d: %d nodes, want 501", round, got)
		}
	}
	if id := tracker.Intern(node(1 << 20)); id > 2000 {
		t.Errorf("the IDs grow: %d", id)
	}
}

// Below follows every reference, also in a cycle, and also to nodes that do not exist.
func TestTrackerBelow(t *testing.T) {
	tracker := gc.NewTracker(0)
	node := func(key string) gc.ID { return tracker.Intern(blob(key)) }
	for _, names := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "a"}, {"b", "missing"}, {"other", "d"}} {
		tracker.Define(node(names[0]), 1)
		tracker.Edge(node(names[0]), node(names[1]), because)
	}
	tracker.Edge(node("c"), tracker.Flat(node("e")), because)
	tracker.Settle()
	for start, want := range map[string]string{"a": "a b c e missing", "c": "c e", "missing": "missing", "other": "d other"} {
		var got []string
		for _, id := range tracker.Below([]gc.ID{node(start)}) {
			got = append(got, tracker.Node(id).Key)
		}
		slices.Sort(got)
		if below := strings.Join(slices.Compact(got), " "); below != want {
			t.Errorf("below %s: %s, want %s", start, below, want)
		}
	}
	if below := tracker.Below(nil); below != nil {
		t.Errorf("below nothing: %v", below)
	}
}

// A Tracker forgets a node without statements at the next Settle.
func TestTrackerForgetsAtOnce(t *testing.T) {
	tracker := gc.NewTracker(0)
	tracker.Intern(blob("a"))
	tracker.InternAll([]gc.Node{blob("b"), blob("c")}, nil)
	if tracker.Settle(); tracker.Nodes() != 0 {
		t.Errorf("%d nodes without statements", tracker.Nodes())
	}
}

// SetKey replaces the strings of an object and of its flat visit, so that the old string can be freed.
func TestTrackerSetKey(t *testing.T) {
	tracker := gc.NewTracker(0)
	id := tracker.Intern(blob("key"))
	flat, key := tracker.Flat(id), strings.Clone("key")
	tracker.SetKey(id, key)
	for _, id := range []gc.ID{id, flat} {
		if got := tracker.Node(id).Key; got != key || unsafe.StringData(got) != unsafe.StringData(key) {
			t.Errorf("ID %d has another string, %q", id, got)
		}
	}
}

// A claim belongs to its owner. The withdrawal of the owner takes it back.
func TestTrackerClaim(t *testing.T) {
	tracker := gc.NewTracker(0)
	owner, from, to := tracker.Intern(blob("owner")), tracker.Intern(blob("from")), tracker.Intern(blob("to"))
	for _, id := range []gc.ID{owner, from, to} {
		tracker.Define(id, 1)
	}
	tracker.Root(from, because)
	tracker.Claim(owner, from, to)
	if tracker.Settle(); tracker.Reached(owner) || !tracker.Reached(to) {
		t.Errorf("reached: owner %t, target %t", tracker.Reached(owner), tracker.Reached(to))
	}
	tracker.Withdraw(to)
	tracker.Define(to, 1)
	if tracker.Settle(); !tracker.Reached(to) {
		t.Error("the withdrawal of the target takes the claim back")
	}
	tracker.Withdraw(owner)
	if tracker.Settle(); tracker.Reached(to) {
		t.Error("the claim remains after the withdrawal of its owner")
	}
}

// A Tracker uses the memory of edges again. Without that, these edges would take 18 MB.
func TestTrackerReusesEdges(t *testing.T) {
	tracker := gc.NewTracker(0)
	root, object := tracker.Intern(blob("root")), tracker.Intern(blob("object"))
	tracker.Define(root, 1)
	tracker.Define(object, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100_000 {
		tracker.Edge(root, object, because)
		tracker.Withdraw(root)
		tracker.Define(root, 1)
		tracker.Settle()
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 6<<20 {
		t.Errorf("%d bytes are allocated", got)
	}
}

// TestTrackerReusesIDs interns one object after another.
func TestTrackerReusesIDs(t *testing.T) {
	tracker := gc.NewTracker(0)
	if got := tracker.Settle(); len(got) > 0 || tracker.Nodes() > 0 {
		t.Errorf("an empty Tracker: %v, %d nodes", got, tracker.Nodes())
	}
	for i := range 5 {
		id := tracker.Intern(blob(fmt.Sprint(i)))
		if id != 0 {
			t.Errorf("object %d has ID %d", i, id)
		}
		tracker.Define(id, 1)
		tracker.Settle()
		tracker.Withdraw(id)
		tracker.Settle()
	}
}

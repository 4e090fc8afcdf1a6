package parity

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pair is two implementations to compare, the reference first.
type pair [2]implementation

// A mismatch is a difference between two implementations.
type mismatch struct {
	Step  int       // index of the call; len(Calls) for the end of the history
	Facet string    // the part of the outcome that differs
	Texts [2]string // both sides
}

// run runs a history on both implementations and returns the first mismatch that is not a deliberate difference, or
// nil. It compares the whole trees at the end and after every given number of calls. It counts situations in seen.
func (p pair) run(t *testing.T, h history, every int, seen *census) (found *mismatch) {
	t.Helper()
	dir, err := os.MkdirTemp("", "parity")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		var nodes [2]*node
		for i, impl := range p {
			sub := fmt.Sprintf("%s/%d", dir, i)
			if err := os.Mkdir(sub, 0o700); err != nil {
				t.Fatal(err)
			}
			n, err := impl.newNode(sub, h.Setup)
			if err != nil {
				t.Fatal(err)
			}
			nodes[i] = n
			defer n.close()
		}
		found = h.runOn(nodes, every, seen)
	})
	return found
}

// runOn is run on open nodes.
func (h history) runOn(nodes [2]*node, every int, seen *census) *mismatch {
	over := false
	for i, c := range h.Calls {
		time.Sleep(c.Sleep)
		before := treeInTransaction(c, nodes[0])
		a, b := c.runOn(nodes[0]), c.runOn(nodes[1])
		seen.call(c, a)
		found := compare(a, b)
		halfDone := a.Class != "" && before != treeInTransaction(c, nodes[0])
		if halfDone {
			found = append(found, compareTransactions(c, nodes)...)
		}
		for _, m := range found {
			d := explain(c, m.Facet, a, b)
			if d == nil {
				return &mismatch{i, m.Facet, [2]string{a.annotate(m.Texts[0]), b.annotate(m.Texts[1])}}
			}
			seen.fired[d.id]++
			over = over || d.ends
		}
		if over {
			return nil
		}
		if halfDone && !strings.Contains(a.Class, "AlreadyExists") {
			// The call failed after writing. A caller rolls back.
			for _, n := range nodes {
				_ = n.end(false)
			}
		}
		if (i+1)%every == 0 {
			if m := compareStates(i, nodes); m != nil {
				return m
			}
		}
		if _, collecting := c.Op.(collect); collecting && a.Panic != "" {
			nodes[0].stuck = true // containerd never releases its lock after the panic
			return nil
		}
	}
	for _, n := range nodes {
		if n.tx != nil {
			_ = n.end(true)
		}
	}
	if m := compareStates(len(h.Calls), nodes); m != nil {
		return m
	}
	return h.compareClosed(nodes)
}

// callsWhenClosed are made on closed databases.
var callsWhenClosed = []call{
	{Op: imageGet{"img"}},
	{Op: leaseCreate{ID: "l1"}},
	{Op: snapshotPrepare{Snapshotter: "native", Key: "k"}},
	{Op: contentInfo{}},
	{Op: namespaceList{}},
	{Op: collect{}},
}

// compareClosed closes the databases and compares calls on them.
func (h history) compareClosed(nodes [2]*node) *mismatch {
	var errs [2]string
	for i, n := range nodes {
		n.journal.take()
		errs[i] = classOf(n.db.Close())
	}
	if errs[0] != errs[1] {
		return &mismatch{len(h.Calls), "close", errs}
	}
	for _, c := range callsWhenClosed {
		c.Namespace = firstNamespace
		a, b := c.runOn(nodes[0]), c.runOn(nodes[1])
		for _, m := range compare(a, b) {
			return &mismatch{len(h.Calls), fmt.Sprintf("%s of %v on a closed database", m.Facet, c), [2]string{a.annotate(m.Texts[0]), b.annotate(m.Texts[1])}}
		}
	}
	return nil
}

// annotate adds the error and the panic to a text. They are not compared, but help the reader.
func (o outcome) annotate(text string) string {
	if o.err != nil {
		text += "\nerror: " + o.err.Error()
	}
	if o.Panic != "" {
		text += "\npanic: " + o.Panic
	}
	return text
}

// facets are the compared parts of an outcome, besides the streams.
var facets = []struct {
	name string
	of   func(outcome) string
}{
	{"skipped", func(o outcome) string { return fmt.Sprint(o.Skipped) }},
	{"panic", func(o outcome) string { return fmt.Sprint(o.Panic != "") }},
	{"class", func(o outcome) string { return o.Class }},
	{"value", func(o outcome) string { return o.Value }},
	{"args", func(o outcome) string { return o.Args }},
}

// compare returns the facets in which two outcomes differ.
func compare(a, b outcome) (found []mismatch) {
	for _, f := range facets {
		if x, y := f.of(a), f.of(b); x != y {
			found = append(found, mismatch{Facet: f.name, Texts: [2]string{x, y}})
		}
	}
	if a.Streams == nil && b.Streams == nil {
		return found
	}
	streams := map[string]bool{}
	for _, o := range []outcome{a, b} {
		for stream := range o.Streams {
			streams[stream] = true
		}
	}
	for _, stream := range slices.Sorted(maps.Keys(streams)) {
		if x, y := a.Streams[stream], b.Streams[stream]; !slices.Equal(x, y) {
			found = append(found, mismatch{Facet: stream, Texts: [2]string{strings.Join(x, "\n"), strings.Join(y, "\n")}})
		}
	}
	return found
}

// treeInTransaction returns the tree that the open writing transaction sees. It returns "" if the call does not write
// or there is no such transaction.
func treeInTransaction(c call, n *node) string {
	if _, reads := c.Op.(readingOp); reads || n.tx == nil || !n.tx.writable() {
		return ""
	}
	tree, err := n.tx.tree()
	if err != nil {
		tree += "\n" + err.Error()
	}
	return tree
}

// compareTransactions compares the trees that the open transactions see.
func compareTransactions(c call, nodes [2]*node) []mismatch {
	trees := [2]string{treeInTransaction(c, nodes[0]), treeInTransaction(c, nodes[1])}
	if trees[0] == trees[1] {
		return nil
	}
	return []mismatch{{Facet: "open transaction", Texts: firstDifference(trees)}}
}

// compareStates compares the whole trees and the backends of two nodes.
func compareStates(step int, nodes [2]*node) *mismatch {
	var trees, backends [2]string
	for i, n := range nodes {
		var err error
		if trees[i], backends[i], err = n.state(); err != nil {
			trees[i] += "\n" + err.Error()
		}
	}
	if trees[0] != trees[1] {
		return &mismatch{step, "tree", firstDifference(trees)}
	}
	if backends[0] != backends[1] {
		return &mismatch{step, "backends", firstDifference(backends)}
	}
	return nil
}

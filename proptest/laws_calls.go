package proptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/api/events"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkAtomic compares the records before and after every failed call. It ignores sequences and empty buckets, because
// Prepare takes a number before it can fail.
func checkAtomic(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	for _, op := range h.Ops {
		hash, before := stateOf(s).Metadata.Hash(), objectsOf(s)
		r := s.Apply(op)
		if r.Code == engine.OK || stateOf(s).Metadata.Hash() == hash {
			continue
		}
		if r.Code == "already_exists" && (op.Lease != nil || op.Name == "writers.commit") {
			continue // the call adds the existing object to its lease, and ends its ingest
		}
		after := objectsOf(s)
		for _, o := range append(gone(before, after), gone(after, before)...) {
			_, was := before[o]
			return newViolation("it created or removed a record: "+op.Name, "%s: %s, but %s was there: %t, and is: %t", op, r.Code, o, was, !was)
		}
		for _, o := range sorted(before) {
			if before[o].Hash() != after[o].Hash() {
				return newViolation("it changed a record: "+op.Name, "%s: %s, but it changed %s", op, r.Code, o)
			}
		}
	}
	return nil
}

// checkSplit compares the database after single calls with the database after the same calls in transactions. Each
// transaction is rolled back once before it is committed.
func checkSplit(t *trial, h generate.History) *violation {
	var good []engine.Op
	first := t.start(h.Setup)
	for _, op := range h.Ops {
		if first.Apply(op).Code == engine.OK {
			good = append(good, op)
		}
	}
	single := t.start(h.Setup)
	for _, op := range good {
		if single.Apply(op).Code != engine.OK {
			return nil // the call depended on the effects of a failed one
		}
	}
	together := t.start(h.Setup)
	for len(good) > 0 {
		n := 0
		for n < min(len(good), transactionLength) && takesPart(good[n]) {
			n++
		}
		if n == 0 {
			together.Apply(good[0])
			good = good[1:]
			continue
		}
		before := stateOf(together).Metadata.Hash()
		if b := t.transact(together, good[:n], "tx.rollback"); b != nil {
			return b
		}
		if stateOf(together).Metadata.Hash() != before {
			return newViolation("a rolled-back transaction left changes", "the transaction of %s", good[0])
		}
		if b := t.transact(together, good[:n], "tx.commit"); b != nil {
			return b
		}
		good = good[n:]
	}
	if a, b := stateOf(single).Metadata, stateOf(together).Metadata; a.Hash() != b.Hash() {
		return newViolation("transactions left another database", "%s", difference(dump(a), dump(b)))
	}
	return nil
}

// transact makes calls in a transaction and ends it. It checks that no event reports the calls, and that lists inside
// the transaction equal lists after its commit.
func (t *trial) transact(s System, ops []engine.Op, end string) *violation {
	s.Apply(engine.Op{Name: "events"})
	if r := s.Apply(engine.Op{Name: "tx.begin", Args: engine.TxBegin{Name: "t", Writable: true}}); r.Code != engine.OK {
		return newViolation("a transaction can't be begun", "%s (%s)", r.Code, r.Error)
	}
	for _, op := range ops {
		op.Tx = "t"
		if r := s.Apply(op); r.Code != engine.OK {
			return newViolation("a call fails in a transaction: "+op.Name, "%s: %s (%s)", op, r.Code, r.Error)
		}
	}
	within := listed(s, ops, "t")
	if r := s.Apply(engine.Op{Name: end, Args: engine.Named{Name: "t"}}); r.Code != engine.OK {
		return newViolation("a transaction can't be ended", "%s: %s (%s)", end, r.Code, r.Error)
	}
	if sent, _ := s.Apply(engine.Op{Name: "events"}).Value.([]engine.Event); len(sent) > 0 && t.promises[Events] {
		return newViolation("an event reports a call in a transaction", "%s", eventText(sent[0]))
	}
	if after := listed(s, ops, ""); end == "tx.commit" && !slices.Equal(within, after) {
		return newViolation("a list in a transaction differs from the list after it", "%v and not %v", within, after)
	}
	return nil
}

// listed returns the resources of the leases that the calls changed, as seen in a transaction.
func listed(s System, ops []engine.Op, tx string) (all []string) {
	for _, op := range ops {
		if a, ok := op.Args.(engine.LeaseResource); ok {
			r := s.Apply(engine.Op{Name: "leases.listresources", Header: engine.Header{NS: op.NS, Tx: tx}, Args: engine.Identified{ID: a.ID}})
			all = append(all, fmt.Sprint(a.ID, ": ", r.Code, " ", r.Value))
		}
	}
	return all
}

// transactionLength is the number of calls in a transaction.
const transactionLength = 3

// takesPart reports whether an Op can be made in a transaction and changes only the metadata. A rollback does not undo
// changes of backends.
func takesPart(op engine.Op) bool {
	kind, _, _ := strings.Cut(op.Name, ".")
	return slices.Contains([]string{"images", "containers", "sandboxes", "leases", "namespaces"}, kind) || op.Name == "content.update" || op.Name == "snapshots.update"
}

// checkEvents compares the events of every call with its changes.
func checkEvents(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	before := objectsOf(s)
	for _, op := range thenCollect(h.Ops) {
		r := s.Apply(op)
		after := objectsOf(s)
		expected := changesOf(op, r.Code, before, after)
		sent, _ := s.Apply(engine.Op{Name: "events"}).Value.([]engine.Event)
		var got []string
		for _, e := range sent {
			got = append(got, eventText(e))
		}
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			return newViolation("events of "+op.Name, "%s (%s) sent %v instead of %v", op, r.Code, got, expected)
		}
		before = after
	}
	return nil
}

// changesOf returns the expected events of an Op.
func changesOf(op engine.Op, code engine.Code, before, after map[object]memkv.Frozen) (expected []string) {
	tell := func(topic string, o object) { expected = append(expected, topic+" "+o.ns+" "+o.name) }
	for _, o := range gone(after, before) {
		switch {
		case o.kind == kindImage:
			tell("/images/create", o)
		case o.kind == kindContent:
			tell("/content/create", o)
		case o.kind == kindSnapshot && op.Name == "snapshots.prepare":
			tell("/snapshot/prepare", o)
		case o.kind == kindSnapshot && op.Name == "snapshots.commit":
			tell("/snapshot/commit", o)
		}
	}
	for _, o := range gone(before, after) {
		switch {
		case o.kind == kindImage:
			tell("/images/delete", o)
		case o.kind == kindContent && op.Name == "content.delete":
			tell("/content/delete", o)
		case o.kind == kindSnapshot && op.Name != "snapshots.commit":
			tell("/snapshot/remove", o)
		}
	}
	if a, ok := op.Args.(engine.ImageRecord); ok && op.Name == "images.update" && code == engine.OK {
		tell("/images/update", object{op.NS, kindImage, a.Image.Name})
	}
	return expected
}

// eventText returns an event in the form of changesOf.
func eventText(e engine.Event) string {
	name := "?"
	switch m := e.Event.(type) {
	case *events.ImageCreate:
		name = m.Name
	case *events.ImageUpdate:
		name = m.Name
	case *events.ImageDelete:
		name = m.Name
	case *events.ContentCreate:
		name = m.Digest
	case *events.ContentDelete:
		name = m.Digest
	case *events.SnapshotPrepare:
		name = m.Snapshotter + "/" + m.Key
	case *events.SnapshotCommit:
		name = m.Snapshotter + "/" + m.Name
	case *events.SnapshotRemove:
		name = m.Snapshotter + "/" + m.Key
	}
	return fmt.Sprint(e.Topic, " ", e.Namespace, " ", name)
}

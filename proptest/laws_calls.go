package proptest

import (
	"fmt"
	"slices"

	"github.com/containerd/containerd/api/events"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkAtomic compares the records before and after every failed call. It ignores sequences and empty buckets, because
// Prepare takes a number before it can fail.
func checkAtomic(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	for _, call := range h.Ops {
		hash, before := stateOf(s).Metadata.Hash(), objectsOf(s)
		r := s.Apply(call)
		if r.Code == op.OK || stateOf(s).Metadata.Hash() == hash {
			continue
		}
		if r.Code == op.AlreadyExists && (call.Lease != nil || call.Name == op.WritersCommit) {
			continue // the call adds the existing object to its lease, and ends its ingest
		}
		after := objectsOf(s)
		for _, o := range append(gone(before, after), gone(after, before)...) {
			_, was := before[o]
			return newViolation("it created or removed a record: "+string(call.Name), "%s: %s, but %s was there: %t, and is: %t", call, r.Code, o, was, !was)
		}
		for _, o := range sorted(before) {
			if before[o].Hash() != after[o].Hash() {
				return newViolation("it changed a record: "+string(call.Name), "%s: %s, but it changed %s", call, r.Code, o)
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
	for _, o := range h.Ops {
		if first.Apply(o).Code == op.OK {
			good = append(good, o)
		}
	}
	single := t.start(h.Setup)
	for _, o := range good {
		if single.Apply(o).Code != op.OK {
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
		if b := t.transact(together, good[:n], op.TxRollback); b != nil {
			return b
		}
		if stateOf(together).Metadata.Hash() != before {
			return newViolation("a rolled-back transaction left changes", "the transaction of %s", good[0])
		}
		if b := t.transact(together, good[:n], op.TxCommit); b != nil {
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
func (t *trial) transact(s System, ops []engine.Op, end op.Name) *violation {
	s.Apply(engine.Op{Name: op.Events})
	if r := s.Apply(engine.Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: "t", Writable: true}}); r.Code != op.OK {
		return newViolation("a transaction can't be begun", "%s (%s)", r.Code, r.Error)
	}
	for _, o := range ops {
		o.Tx = "t"
		if r := s.Apply(o); r.Code != op.OK {
			return newViolation("a call fails in a transaction: "+string(o.Name), "%s: %s (%s)", o, r.Code, r.Error)
		}
	}
	within := listed(s, ops, "t")
	if r := s.Apply(engine.Op{Name: end, Args: op.Named{Name: "t"}}); r.Code != op.OK {
		return newViolation("a transaction can't be ended", "%s: %s (%s)", end, r.Code, r.Error)
	}
	if sent, _ := s.Apply(engine.Op{Name: op.Events}).Value.([]engine.Event); len(sent) > 0 && t.promises[Events] {
		return newViolation("an event reports a call in a transaction", "%s", eventText(sent[0]))
	}
	if after := listed(s, ops, ""); end == op.TxCommit && !slices.Equal(within, after) {
		return newViolation("a list in a transaction differs from the list after it", "%v and not %v", within, after)
	}
	return nil
}

// listed returns the resources of the leases that the calls changed, as seen in a transaction.
func listed(s System, ops []engine.Op, tx string) (all []string) {
	for _, o := range ops {
		if a, ok := o.Args.(op.LeaseResource); ok {
			r := s.Apply(engine.Op{Name: op.LeasesListResources, Header: engine.Header{NS: o.NS, Tx: tx}, Args: op.Identified{ID: a.ID}})
			all = append(all, fmt.Sprint(a.ID, ": ", r.Code, " ", r.Value))
		}
	}
	return all
}

// transactionLength is the number of calls in a transaction.
const transactionLength = 3

// takesPart reports whether an Op can be made in a transaction and changes only the metadata. A rollback does not undo
// changes of backends.
func takesPart(o engine.Op) bool {
	kind := o.Name.Group()
	return slices.Contains([]string{"images", "containers", "sandboxes", "leases", "namespaces"}, kind) || o.Name == op.ContentUpdate || o.Name == op.SnapshotsUpdate
}

// checkEvents compares the events of every call with its changes.
func checkEvents(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	before := objectsOf(s)
	for _, o := range thenCollect(h.Ops) {
		r := s.Apply(o)
		after := objectsOf(s)
		expected := changesOf(o, r.Code, before, after)
		sent, _ := s.Apply(engine.Op{Name: op.Events}).Value.([]engine.Event)
		var got []string
		for _, e := range sent {
			got = append(got, eventText(e))
		}
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			return newViolation("events of "+string(o.Name), "%s (%s) sent %v instead of %v", o, r.Code, got, expected)
		}
		before = after
	}
	return nil
}

// changesOf returns the expected events of an Op.
func changesOf(call engine.Op, code op.Code, before, after map[object]memkv.Frozen) (expected []string) {
	tell := func(topic string, o object) { expected = append(expected, topic+" "+o.ns+" "+o.name) }
	for _, o := range gone(after, before) {
		switch {
		case o.kind == kindImage:
			tell("/images/create", o)
		case o.kind == kindContent:
			tell("/content/create", o)
		case o.kind == kindSnapshot && call.Name == op.SnapshotsPrepare:
			tell("/snapshot/prepare", o)
		case o.kind == kindSnapshot && call.Name == op.SnapshotsCommit:
			tell("/snapshot/commit", o)
		}
	}
	for _, o := range gone(before, after) {
		switch {
		case o.kind == kindImage:
			tell("/images/delete", o)
		case o.kind == kindContent && call.Name == op.ContentDelete:
			tell("/content/delete", o)
		case o.kind == kindSnapshot && call.Name != op.SnapshotsCommit:
			tell("/snapshot/remove", o)
		}
	}
	if a, ok := call.Args.(op.ImageRecord); ok && call.Name == op.ImagesUpdate && code == op.OK {
		tell("/images/update", object{call.NS, kindImage, a.Image.Name})
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

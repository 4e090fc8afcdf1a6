package proptest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	api "github.com/containerd/containerd/api/events"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
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

// changesOf returns the expected events of an Op, with all fields.
func changesOf(call engine.Op, code op.Code, before, after map[object]memkv.Frozen) (expected []string) {
	tell := func(ns string, topic string, event events.Event) {
		expected = append(expected, eventText(engine.Event{Namespace: ns, Topic: topic, Event: event}))
	}
	for _, o := range gone(after, before) {
		record := after[o]
		snapshotter, key, _ := strings.Cut(o.name, "/")
		switch {
		case o.kind == kindImage:
			tell(o.ns, "/images/create", &api.ImageCreate{Name: o.name, Labels: labelsOf(record)})
		case o.kind == kindContent:
			size, _ := binary.Varint(record.Get("size"))
			tell(o.ns, "/content/create", &api.ContentCreate{Digest: o.name, Size: size})
		case o.kind == kindSnapshot && call.Name == op.SnapshotsPrepare:
			tell(o.ns, "/snapshot/prepare", &api.SnapshotPrepare{Key: key, Parent: string(record.Get("parent")), Snapshotter: snapshotter})
		case o.kind == kindSnapshot && call.Name == op.SnapshotsCommit:
			a, _ := call.Args.(op.SnapshotsCommitArgs)
			tell(o.ns, "/snapshot/commit", &api.SnapshotCommit{Key: a.Key, Name: key, Snapshotter: snapshotter})
		}
	}
	for _, o := range gone(before, after) {
		snapshotter, key, _ := strings.Cut(o.name, "/")
		switch {
		case o.kind == kindImage:
			tell(o.ns, "/images/delete", &api.ImageDelete{Name: o.name})
		case o.kind == kindContent && call.Name == op.ContentDelete:
			tell(o.ns, "/content/delete", &api.ContentDelete{Digest: o.name})
		case o.kind == kindSnapshot && call.Name != op.SnapshotsCommit:
			tell(o.ns, "/snapshot/remove", &api.SnapshotRemove{Key: key, Snapshotter: snapshotter})
		}
	}
	if a, ok := call.Args.(op.ImageRecord); ok && call.Name == op.ImagesUpdate && code == op.OK {
		image := object{call.NS, kindImage, a.Image.Name}
		tell(call.NS, "/images/update", &api.ImageUpdate{Name: image.name, Labels: labelsOf(after[image])})
	}
	return expected
}

// eventText returns an event with all its fields.
func eventText(e engine.Event) string {
	fields := fmt.Sprintf("%T", e.Event)
	switch m := e.Event.(type) {
	case *api.ImageCreate:
		fields = fmt.Sprint(m.Name, " ", m.Labels)
	case *api.ImageUpdate:
		fields = fmt.Sprint(m.Name, " ", m.Labels)
	case *api.ImageDelete:
		fields = m.Name
	case *api.ContentCreate:
		fields = fmt.Sprint(m.Digest, " ", m.Size)
	case *api.ContentDelete:
		fields = m.Digest
	case *api.SnapshotPrepare:
		fields = fmt.Sprint(m.Snapshotter, "/", m.Key, " on ", m.Parent)
	case *api.SnapshotCommit:
		fields = fmt.Sprint(m.Snapshotter, "/", m.Key, " as ", m.Name)
	case *api.SnapshotRemove:
		fields = m.Snapshotter + "/" + m.Key
	}
	return fmt.Sprint(e.Topic, " ", e.Namespace, " ", fields)
}

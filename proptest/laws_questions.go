package proptest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkQuestions makes a fork in the middle of a history. At the end it compares the answers to questions with the
// state, among them the differences to the fork.
func checkQuestions(t *trial, h generate.History) *violation {
	half := len(h.Ops) / 2
	s := t.replay(h.Setup, h.Ops[:half])
	fork, drop := engine.Op{Name: op.NodeFork, Args: op.Named{Name: "f"}}, engine.Op{Name: op.NodeDrop, Args: op.Named{Name: "f"}}
	if b := returns(s, fork, op.OK, op.AlreadyExists); b != nil {
		return b
	}
	past, pastState := objectsOf(s), stateOf(s).Metadata.Hash()
	pastHash, b := answer[string](s, engine.Op{Name: op.Hash})
	if b != nil {
		return b
	}
	for _, o := range h.Ops[half:] {
		s.Apply(o)
	}
	setUsages(s)
	now := objectsOf(s)
	hash, b := answer[string](s, engine.Op{Name: op.Hash})
	forkHash, b2 := answer[string](s, engine.Op{Name: op.Hash, Header: engine.Header{Fork: "f"}})
	switch {
	case b != nil || b2 != nil:
		return cmp.Or(b, b2)
	case forkHash != pastHash:
		return newViolation("the hash of a fork changed with the original", "%s and not %s", forkHash, pastHash)
	case hash == pastHash && stateOf(s).Metadata.Hash() != pastState:
		return newViolation("two states have one hash", "%s", hash)
	}
	for _, check := range []func(System, map[object]memkv.Frozen) *violation{checkTexts, checkFsck, checkTop, checkExpiry} {
		if b := check(s, now); b != nil {
			return b
		}
	}
	diff, b := answer[*examine.Diff](s, engine.Op{Name: op.Diff, Args: op.DiffArgs{With: "f"}})
	if b != nil {
		return b
	}
	var changed, listed []string
	for o, record := range now {
		if was, there := past[o]; there && was.Hash() != record.Hash() {
			changed = append(changed, o.String())
		}
	}
	for _, c := range diff.Changed {
		listed = append(listed, c.Node)
	}
	slices.Sort(changed)
	for _, list := range []struct {
		name      string
		got, want []string
	}{{"added", diff.Added, nodesOf(gone(past, now))}, {"removed", diff.Removed, nodesOf(gone(now, past))}, {"changed", listed, changed}} {
		if !slices.Equal(list.got, list.want) {
			return newViolation("a difference to a fork is wrong: "+list.name, "%v and not %v", list.got, list.want)
		}
	}
	return returns(s, drop, op.OK, op.NotFound)
}

// returns applies an Op several times, and compares the codes.
func returns(s System, o engine.Op, codes ...op.Code) *violation {
	for _, want := range codes {
		if r := s.Apply(o); r.Code != want {
			return newViolation("a call returned another result: "+string(o.Name), "%s: %s instead of %s", o, r.Code, want)
		}
	}
	return nil
}

// answer asks a question with an answer of type T.
func answer[T any](s System, o engine.Op) (T, *violation) {
	r := s.Apply(o)
	value, ok := r.Value.(T)
	if r.Code != op.OK || !ok && r.Value != nil {
		return value, newViolation("no answer: "+string(o.Name), "%s: %s, %T (%s)", o, r.Code, r.Value, r.Error)
	}
	return value, nil
}

// checkTexts compares the dump, the records, the time and the hash.
func checkTexts(s System, _ map[object]memkv.Frozen) *violation {
	state := stateOf(s)
	text, b := answer[string](s, engine.Op{Name: op.Dump})
	if want := dump(state.Metadata); b == nil && text != want {
		b = newViolation("a dump differs from the database", "%s", difference(want, text))
	}
	if b != nil {
		return b
	}
	tree, b := answer[*examine.Tree](s, engine.Op{Name: op.Inspect})
	if b != nil {
		return b
	}
	entries := 0
	_ = state.Metadata.View(func(tx *memkv.Tx) error { entries = countEntries(tx.Freeze()); return nil })
	if items := len(tree.Items); items != entries {
		return newViolation("a list of all entries differs from the database", "%d items of %d entries", items, entries)
	}
	now, b := answer[time.Time](s, engine.Op{Name: op.ClockNow})
	if b == nil && !now.Equal(state.Now) {
		b = newViolation("the time is another", "%s and not %s", now, state.Now)
	}
	return b
}

// countEntries returns the number of entries in a bucket and in its nested buckets.
func countEntries(b memkv.Frozen) (n int) {
	for _, e := range b.All() {
		n += 1 + countEntries(e.Bucket())
	}
	return n
}

// madeFaults are the checks whose errors histories make: they name missing objects, and blobs that are no manifests.
var madeFaults = []string{"image-broken", "blob-damaged", "root-missing"}

// checkFsck checks that a node on which nothing failed has no errors but those that its history made.
func checkFsck(s System, _ map[object]memkv.Frozen) *violation {
	fsck, b := answer[*examine.Fsck](s, engine.Op{Name: op.Fsck})
	if b != nil {
		return b
	}
	for _, f := range fsck.Findings {
		if f.Severity == examine.Error && !slices.Contains(madeFaults, f.Check) {
			return newViolation("a sound node has an error: "+f.Check, "%s: %s", f.Node, f.Detail)
		}
	}
	return nil
}

// setUsages gives each active snapshot a size.
func setUsages(s System) {
	for i, o := range sorted(objectsOf(s)) {
		if snapshotter, key, _ := strings.Cut(o.name, "/"); o.kind == kindSnapshot {
			a := op.SnapshotsSetUsageArgs{Snapshotter: snapshotter, Key: key, Usage: snapshots.Usage{Size: int64(1 + i)}}
			s.Apply(engine.Op{Name: op.SnapshotsSetUsage, Header: engine.Header{NS: o.ns}, Args: a})
		}
	}
}

// snapshotBytes returns the sizes of the snapshots in a namespace.
func snapshotBytes(s System, all map[object]memkv.Frozen, ns string) (bytes int64) {
	state := stateOf(s)
	for o, record := range all {
		if snapshotter, _, _ := strings.Cut(o.name, "/"); o.kind == kindSnapshot && o.ns == ns {
			usage, _ := state.Snapshots[snapshotter].Usage(context.Background(), record.Text("name"))
			bytes += usage.Size
		}
	}
	return bytes
}

// checkTop compares the numbers of objects of each kind in each namespace, and the bytes.
func checkTop(s System, now map[object]memkv.Frozen) *violation {
	top, b := answer[*examine.Top](s, engine.Op{Name: op.Top, Args: op.TopArgs{Limit: listLimit}})
	if b != nil {
		return b
	}
	want, got := map[object]int{}, map[object]int{}
	for o := range now {
		want[object{o.ns, o.kind, ""}]++
	}
	sum := blobBytes(now)
	for _, share := range top.Shares {
		got[object{share.Namespace, kind(share.Kind), ""}] = share.Kept + share.Removed
		if share.Kind != string(kindSnapshot) {
			continue
		}
		bytes := snapshotBytes(s, now, share.Namespace)
		if sum += bytes; share.KeptBytes+share.RemovedBytes != bytes {
			return newViolation("a sum of snapshots is wrong", "%d kept and %d removed of %d in %s", share.KeptBytes, share.RemovedBytes, bytes, share.Namespace)
		}
	}
	for o := range want {
		if got[o] != want[o] || len(got) != len(want) {
			return newViolation("a count of objects is wrong: "+string(o.kind), "%d and not %d of %s, and %d kinds of %d", got[o], want[o], o.ns, len(got), len(want))
		}
	}
	if top.KeptBytes+top.RemovedBytes != sum {
		return newViolation("a sum of bytes is wrong", "%d kept and %d removed of %d", top.KeptBytes, top.RemovedBytes, sum)
	}
	return nil
}

// checkExpiry compares the next expiry with the records.
func checkExpiry(s System, now map[object]memkv.Frozen) *violation {
	at, b := answer[time.Time](s, engine.Op{Name: op.Expiry})
	if b != nil {
		return b
	}
	var want time.Time
	for o, record := range now {
		var t time.Time
		switch o.kind {
		case kindLease, kindImage:
			t, _ = time.Parse(time.RFC3339, labelsOf(record)[generate.Prefix+"expire"])
		case kindIngest:
			_ = t.UnmarshalBinary(record.Get("expireat"))
		}
		if t.After(stateOf(s).Now) && (want.IsZero() || t.Before(want)) {
			want = t
		}
	}
	if !at.Equal(want) {
		return newViolation("the next expiry is another", "%s and not %s", at, want)
	}
	return nil
}

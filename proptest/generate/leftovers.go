package generate

import (
	"time"

	"github.com/leanovate/gopter"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A leftover is a way in which calls leave data in a backend that no record names.
type leftover struct {
	sorts Sort // of its Ops
	draw  func(*leaver)
}

// leftovers are all such ways. containerd forgets those of the sort Leak.
var leftovers = []leftover{
	{Drop, (*leaver).deletedBlob},
	{Drop, (*leaver).sharedBlob},
	{Make, (*leaver).unreachableBlob},
	{Drop, (*leaver).abortedUpload},
	{Time, (*leaver).expiredUpload},
	{Drop, (*leaver).uploadOfLease},
	{Drop, (*leaver).removedSnapshots},
	{Make, (*leaver).unreachableSnapshot},
	{Leak, (*leaver).deletedNamespace},
	{Leak, (*leaver).lateWriter},
	{Leak, (*leaver).abortedSharer},
	{Leak, (*leaver).abortedLastName},
	{Leak, (*leaver).committedSharer},
	{Leak, (*leaver).missingLease},
	{Leak | Fault, (*leaver).failedCall},
	{Leak | Fault, (*leaver).failedCleaning},
	{Leak | Crash, (*leaver).restart},
	{Leak | Transact, (*leaver).rolledBack},
}

// LeftoverHistories generates histories in which calls leave data in backends, in one to three ways of these sorts.
// Collections between the calls can use up the marks for clean-up that earlier calls have made. At the end, no record
// names the data.
func LeftoverHistories(sorts Sort) gopter.Gen {
	var ways []leftover
	for _, w := range leftovers {
		if w.sorts&^sorts == 0 {
			ways = append(ways, w)
		}
	}
	return HistoriesOf(func(c Chance) History {
		l := &leaver{Chance: c, builder: builder{h: History{Setup: NewSetup()}}}
		for range c.UpTo(3) {
			Pick(c, ways...).draw(l)
		}
		return l.h
	})
}

// A leaver draws the calls of leftovers. Each name and each blob belongs to one of them.
type leaver struct {
	Chance
	builder
	names int
}

var rooted = map[string]string{Prefix + "root": "x"}

// name returns a new name, which is also the content of a new blob.
func (l *leaver) name() string {
	l.names++
	return letter(l.names - 1)
}

// perhaps adds a collection to half of the histories.
func (l *leaver) perhaps() {
	if l.OneIn(2) {
		l.add("", op.Collect, nil)
	}
}

// open opens a writer. If blob is not "", its descriptor names that blob.
func (l *leaver) open(ns, writer, ref, blob string) {
	a := op.WritersOpenArgs{Name: writer, Ref: ref}
	if blob != "" {
		a.Desc = ocispec.Descriptor{Digest: DigestOf(blob)}
	}
	l.add(ns, op.WritersOpen, a)
}

func (l *leaver) write(ns, writer, data string) {
	l.add(ns, op.WritersWrite, op.WritersWriteArgs{Name: writer, Data: []byte(data)})
}

func (l *leaver) close(ns, writer string) { l.add(ns, op.WritersClose, op.Named{Name: writer}) }

// upload begins an upload in namespace "a", and leaves it.
func (l *leaver) upload() (ref string) {
	ref = l.name()
	l.open("a", ref, ref, "")
	l.write("a", ref, ref)
	l.close("a", ref)
	return ref
}

// blob makes a blob, and returns its content.
func (l *leaver) blob(ns string, labels map[string]string) (data string) {
	data = l.name()
	l.blobOf(ns, data, labels)
	return data
}

func (l *leaver) blobOf(ns, data string, labels map[string]string) {
	l.open(ns, data, data, "")
	l.write(ns, data, data)
	l.add(ns, op.WritersCommit, op.WritersCommitArgs{Name: data, Labels: labels})
	l.close(ns, data)
}

// sharer opens an upload in namespace "b" that shares a blob of "a", and returns its writer.
func (l *leaver) sharer(labels map[string]string) (writer string) {
	data := l.blob("a", labels)
	writer = l.name()
	l.open("b", writer, writer, data)
	return writer
}

func (l *leaver) delete(ns, data string) {
	l.add(ns, op.ContentDelete, op.Blob{Digest: DigestOf(data)})
}

func (l *leaver) abort(ns, ref string) { l.add(ns, op.ContentAbort, op.Ingest{Ref: ref}) }

func (l *leaver) deletedBlob() {
	data := l.blob("a", rooted)
	l.perhaps()
	l.delete("a", data)
}

// sharedBlob deletes a blob in both of its namespaces.
func (l *leaver) sharedBlob() {
	data := l.blob("a", rooted)
	l.blobOf("b", data, rooted)
	l.delete("b", data)
	l.perhaps()
	l.delete("a", data)
}

func (l *leaver) unreachableBlob() { l.blob("a", nil) }

func (l *leaver) abortedUpload() {
	ref := l.upload()
	l.perhaps()
	l.abort("a", ref)
}

func (l *leaver) expiredUpload() {
	l.upload()
	l.perhaps()
	l.add("", op.ClockAdvance, op.ClockAdvanceArgs{By: 24*time.Hour + time.Second})
}

// uploadOfLease deletes the lease of an upload that is old enough to expire.
func (l *leaver) uploadOfLease() {
	lease := l.name()
	l.add("a", op.LeasesCreate, op.LeasesCreateArgs{ID: lease})
	from := len(l.h.Ops)
	l.upload()
	for i := range l.h.Ops[from:] {
		l.h.Ops[from+i].Lease = &lease
	}
	l.perhaps()
	l.add("a", op.LeasesDelete, op.LeasesDeleteArgs{ID: lease})
}

// removedSnapshots removes a layer and a snapshot on it.
func (l *leaver) removedSnapshots() {
	layer, key := l.name(), l.name()
	l.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: key, Labels: rooted})
	l.add("a", op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: "s", Name: layer, Key: key, Labels: rooted})
	l.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: key, Parent: layer, Labels: rooted})
	l.perhaps()
	l.add("a", op.SnapshotsRemove, op.Snapshot{Snapshotter: "s", Key: key})
	l.perhaps()
	l.add("a", op.SnapshotsRemove, op.Snapshot{Snapshotter: "s", Key: layer})
}

func (l *leaver) unreachableSnapshot() {
	l.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: Pick(l.Chance, "s", "t"), Key: l.name()})
}

// deletedNamespace deletes a namespace with an upload. Nothing else uses it.
func (l *leaver) deletedNamespace() {
	ref := l.name()
	l.open("c", ref, ref, "")
	l.write("c", ref, ref)
	l.close("c", ref)
	l.perhaps()
	l.add("", op.NamespacesDelete, op.Named{Name: "c"})
}

// lateWriter writes after the upload is removed. So the writer copies the shared blob to an ingest without a record.
func (l *leaver) lateWriter() {
	writer := l.sharer(rooted)
	if l.OneIn(2) {
		l.abort("b", writer)
	} else {
		l.add("", op.ClockAdvance, op.ClockAdvanceArgs{By: 24*time.Hour + time.Second})
	}
	l.add("", op.Collect, nil)
	l.write("b", writer, "x")
	l.close("b", writer)
}

// abortedSharer aborts an upload that has copied the shared blob.
func (l *leaver) abortedSharer() {
	writer := l.sharer(rooted)
	l.write("b", writer, "x")
	l.close("b", writer)
	l.perhaps()
	l.abort("b", writer)
}

// abortedLastName aborts the upload that is the last name of a shared blob.
func (l *leaver) abortedLastName() {
	writer := l.sharer(nil)
	l.close("b", writer)
	l.perhaps()
	l.abort("b", writer)
}

// committedSharer commits the upload that is the last name of a shared blob as another blob.
func (l *leaver) committedSharer() {
	writer := l.sharer(nil)
	l.close("b", writer)
	l.perhaps()
	l.open("b", writer, writer, "")
	l.write("b", writer, writer)
	l.add("b", op.WritersCommit, op.WritersCommitArgs{Name: writer, Labels: rooted})
	l.close("b", writer)
}

// missingLease commits a blob under a lease that does not exist, which fails after the backend has the blob.
func (l *leaver) missingLease() {
	ref, lease := l.name(), l.name()
	l.open("a", ref, ref, "")
	l.write("a", ref, ref)
	l.add("a", op.WritersCommit, op.WritersCommitArgs{Name: ref})
	l.h.Ops[len(l.h.Ops)-1].Lease = &lease
	l.close("a", ref)
	l.perhaps()
	l.abort("a", ref)
}

// fault makes one of the next two calls of a backend or of the database fail.
func (l *leaver) fault(on, call string, after bool) {
	f := engine.Fault{On: on, Call: call, Nth: uint64(l.UpTo(2)), Times: 1, After: after, Error: op.Unavailable}
	l.add("", op.FaultsSet, op.FaultsSetArgs{Name: "y", Fault: f})
}

// failedCall makes the database fail before its effect, or a backend after its effect. So the backend keeps a blob, an
// upload or a snapshot.
func (l *leaver) failedCall() {
	if ref := l.name(); l.OneIn(2) {
		l.fail("snapshots/s", "prepare")
		l.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: ref})
	} else {
		if l.OneIn(2) {
			l.fail("content", "writer")
		}
		l.open("a", ref, ref, "")
		l.write("a", ref, ref)
		l.fail("content", "commit")
		l.add("a", op.WritersCommit, op.WritersCommitArgs{Name: ref})
		l.close("a", ref)
		l.add("", op.FaultsClear, nil)
		l.abort("a", ref)
	}
	l.add("", op.FaultsClear, nil)
}

// fail makes a call of a backend fail after its effect, or the next commit of the database before its effect.
func (l *leaver) fail(backend, call string) {
	if l.OneIn(2) {
		l.fault(backend, call, true)
	} else {
		l.fault("kv", "commit", false)
	}
}

// failedCleaning makes a collection fail to clean a backend.
func (l *leaver) failedCleaning() {
	l.unreachableBlob()
	l.unreachableSnapshot()
	if l.OneIn(2) {
		l.fault("content", Pick(l.Chance, "delete", "walk", "info"), l.OneIn(2))
	} else {
		l.fault(Pick(l.Chance, "snapshots/s", "snapshots/t"), Pick(l.Chance, "remove", "walk", "stat"), l.OneIn(2))
	}
	l.add("", op.Collect, nil)
	l.add("", op.FaultsClear, nil)
}

// restart restarts the daemon before the collection that would clean a backend.
func (l *leaver) restart() {
	Pick(l.Chance, (*leaver).deletedBlob, (*leaver).abortedSharer, (*leaver).removedSnapshots)(l)
	l.add("", op.NodeCrash, nil)
}

// rolledBack rolls back a transaction in which a backend makes a blob, an upload and a snapshot.
func (l *leaver) rolledBack() {
	l.add("", op.TxBegin, op.TxBeginArgs{Name: "t", Writable: true})
	from := len(l.h.Ops)
	if Pick(l.Chance, true, false) {
		l.blob("a", rooted)
	} else {
		l.upload()
	}
	l.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: l.name(), Labels: rooted})
	for i := range l.h.Ops[from:] {
		l.h.Ops[from+i].Tx = "t"
	}
	l.add("", op.TxRollback, op.Named{Name: "t"})
}

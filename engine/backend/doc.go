// Package backend holds what stands behind containerd's metadata store, in
// memory: a content store with real bytes and a snapshotter without files.
//
// [Content] behaves as containerd's local content store does: digests are
// verified, ingests can be left and resumed, one writer at a time holds a
// reference. [Snapshotter] behaves as containerd's native snapshotter does over
// its snapshot storage: active, view and committed snapshots, parents, usage,
// mounts; the mounts name directories that nobody made.
//
//	content := backend.NewContent(time.Now)
//	native := backend.NewSnapshotter(time.Now, "/var/lib/snapshots")
//	db := metadata.NewDB(memkv.New(), content, map[string]snapshots.Snapshotter{"native": native})
//
// Both take their clock as an argument, list in the order of their keys, and
// [Content.Fork] and [Snapshotter.Fork] give an independent copy in constant
// time: records are immutable and shared, and so are the bytes of blobs.
//
// All methods may be called by several goroutines at once. What a method
// returns belongs to the caller; what it is given stays the caller's.
//
// Where the originals harm their caller, these don't follow:
//
//   - An ingest reopened with another total starts again from nothing. The
//     original keeps the bytes beyond the new end, and so commits a blob under
//     a digest that isn't its own.
//   - A second Commit on a writer fails and changes nothing. The original's
//     gives away the reference that another writer may hold by then.
//   - An expected digest without an algorithm is a digest that doesn't match.
//     The original panics.
//   - Walking a snapshotter that never held a snapshot finds nothing. The
//     original's answer is "not found", which fails a clean-up.
//   - Committing a view always is a failed precondition. The original fails to
//     measure the directory that a view of a parent doesn't have.
//   - A snapshot can't become its own parent. The original's can, and its
//     chain of parents then has no end.
//   - Empty snapshot keys are invalid arguments. The original hands on the
//     error of its database, which has no class.
package backend

// Package backend has the two stores below containerd's metadata store, in memory: a content store with real bytes, and
// a snapshotter without files.
//
// [Content] behaves like containerd's local content store: it verifies digests, uploads can be interrupted and resumed,
// and a reference has one writer at a time. [Snapshotter] behaves like containerd's native snapshotter on its snapshot
// storage: active, view and committed snapshots, parents, usage, mounts. The mounts name directories that do not exist.
//
//	content := backend.NewContent(time.Now)
//	native := backend.NewSnapshotter(time.Now, "/var/lib/snapshots")
//	db := metadata.NewDB(memkv.New(), content, map[string]snapshots.Snapshotter{"native": native})
//
// Both take their clock as an argument and list in the order of their keys. [Content.Fork] and [Snapshotter.Fork]
// return an independent copy in constant time, because records and the bytes of blobs are immutable and shared.
//
// All methods are safe for concurrent use. Results belong to the caller, and arguments stay the caller's.
//
// The behaviour differs where the originals harm their caller:
//
//   - An upload reopened with another total size starts again from nothing. The original keeps the bytes beyond the new
//     end, and commits a blob under a digest that does not match.
//   - A second Commit on a writer fails and changes nothing. The original releases the reference, although another
//     writer may hold it by then.
//   - An expected digest without an algorithm is a digest that does not match. The original panics.
//   - A walk of a snapshotter that never had a snapshot finds nothing. The original returns "not found", which fails a
//     clean-up.
//   - Commit of a view always fails with a failed precondition. The original fails to measure a directory that a view
//     with a parent does not have.
//   - A snapshot cannot become its own parent. In the original it can, and its chain of parents never ends.
//   - Empty snapshot keys are invalid arguments. The original returns the error of its database, which has no class.
package backend

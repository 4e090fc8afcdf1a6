// Package bbolt is package memkv under the names of go.etcd.io/bbolt, with databases that have a path. Code that opens
// bolt files runs in memory after one import is replaced:
//
//	import bolt "github.com/holdfast-gc/holdfast/memkv/bbolt" // was go.etcd.io/bbolt
//
//	db, err := bolt.Open("/var/lib/app/state.db", 0o600, nil)
//
// [Open] creates no file. The path is a name in the memory of this process: after Close, the next Open of the same path
// sees what was committed, until [Remove]. As with bolt, a path is open once for writing or many times for reading, and
// Open waits for the others.
//
// All types are aliases, so *bbolt.DB is *memkv.DB. A test of code that uses containerd's metadata store replaces two
// imports, this one and core/metadata by package metadata.
//
// # Less than bolt
//
// Nothing survives the process, and other processes see nothing. Functions of package os do not know the paths: use
// Remove instead of os.Remove. [Options] lacks the fields Logger, MaxSize and OpenFile, and DB lacks the fields that
// concern files, for example NoSync. Code that uses them does not compile. The documentation of package memkv lists
// the methods that concern files and pages.
package bbolt

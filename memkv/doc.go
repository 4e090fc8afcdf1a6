// Package memkv is an ordered key-value store in memory with the methods and the semantics of bolt (go.etcd.io/bbolt):
// nested buckets, cursors, read-only and writable transactions. Code that uses *bolt.DB, *bolt.Tx, *bolt.Bucket and
// *bolt.Cursor compiles against the types of this package and behaves the same. Errors are the values of
// go.etcd.io/bbolt/errors. The package builds for WebAssembly.
//
// [New] returns an empty database. A [Builder] makes a database from sorted input. Package boltfile reads and writes
// bolt's files.
//
// # Beyond bolt
//
// Readers never wait: a View, even inside an Update, sees the last commit. [DB.Fork] returns an independent database in
// constant time. A [Frozen] is a bucket as an immutable value; [Bucket.PutBucket] stores it in another bucket without a
// copy. [Tx.Dump] writes a state as text. [DB.Hash] compares states.
//
// # Less than bolt
//
// Nothing is stored on disk. Methods that concern files and pages are left out; the table in api_test.go lists them.
// Where bolt's result depends on its pages, loses data or crashes, memkv defines a result, which may differ; the table
// in parity_test.go lists those cases.
//
// # Memory
//
// A small bucket is one packed string in its parent, so a record costs little more than its bytes. A larger bucket is a
// persistent B-tree. Callers must not modify returned bytes. Returned bytes never change, but they keep neighbouring
// data in memory: a Builder places up to 16 KiB together.
package memkv

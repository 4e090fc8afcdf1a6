// Package memkv is an ordered key-value store in memory with the methods and the
// semantics of bolt (go.etcd.io/bbolt): nested buckets, cursors, read-only and
// writable transactions. Code written against *bolt.DB, *bolt.Tx, *bolt.Bucket and
// *bolt.Cursor compiles and behaves the same with those of this package. Errors
// are bolt's own values, those of go.etcd.io/bbolt/errors. It builds for
// WebAssembly.
//
// New makes an empty database; a Builder makes one from sorted input; package
// boltfile reads and writes bolt's files.
//
// # Beyond bolt
//
// Readers never wait: a View, even inside an Update, sees the last commit. DB.Fork
// makes an independent database in the same time whatever the size. A bucket can
// be taken out of a transaction as an immutable value, a Frozen, and put into
// another with Bucket.PutBucket. Tx.Dump writes a state as text, and Hash compares
// states.
//
// # Less than bolt
//
// Nothing is stored on a disk. What concerns files and pages is left out; the
// table in api_test.go names all of it. Where bolt's result depends on its pages,
// loses data or is a crash, memkv is defined and may differ: the table in
// parity_test.go names those cases.
//
// # Memory
//
// A small bucket is stored as one packed string in its parent, so that a record
// costs little more than its bytes; a larger one is a persistent B-tree. Bytes that
// are returned must not be modified. They stay as they are for ever, but keep
// alive what is stored around them: a Builder places up to 16 KiB together.
package memkv

// Package boltfile reads bolt database files into a memkv.DB and writes them.
//
// A node's containerd keeps its metadata in such a file, meta.db. [Open] takes it as it is, gzip'd or not, and
// takes no lock, so that it works beside a running daemon; a file that changes under the reader is
// noticed, read again, and given up after a few attempts with an error that is [ErrChanged].
//
//	db, err := boltfile.Open("/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db")
//
// The database that comes back is a copy in memory: nothing done to it touches the file, and it keeps
// none of the file's bytes alive beyond its keys and values. [WriteFile] makes a file of it that bolt opens.
//
// [Check] looks for everything that is structurally wrong with a file, where Open stops at the first
// fault. Both name the page and the byte of a [Fault].
//
// # The format, in short
//
// A bolt file is a row of pages, 4096 bytes each as a rule. Every bucket is a B+ tree of pages: leaves
// with keys and values in ascending order, and branches that say which page a key is on. The value of
// a nested bucket is the number of its root page, or, if it is small, the page itself. A value larger
// than a page simply takes several in a row.
//
// A commit never overwrites what the last state uses. It writes changed pages to free places and then
// one of the first two pages, the metas, in turn: the newer valid one says where the root is. So a file
// is sound at any moment, but it is full of outdated pages, which reading skips, and a copy that takes
// longer than a commit may mix two states. Free pages are listed in the freelist; containerd leaves
// it out and has it found anew at each start.
//
// The package in memkv/internal/bolt has the layout byte by byte.
package boltfile

// Package boltfile reads bolt database files into a [memkv.DB] and writes them.
//
// A node's containerd keeps its metadata in a bolt file named meta.db. [Open] reads it, gzip'd or not. Open takes no
// lock, so it works beside a running daemon. It detects a file that changes during the read, reads it again, and after
// a few attempts returns an error that is [ErrChanged].
//
//	db, err := boltfile.Open("/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db")
//
// Files of 1 MiB and more are read on all cores.
//
// The result is a copy in memory: changes to it do not affect the file, and it keeps only keys and values in memory.
// [WriteFile] writes it as a file that bolt opens.
//
// [Check] reports every structural fault of a file, while Open stops at the first. Both report a [Fault] with page and
// byte. [WithSalvage] reads a damaged file as far as possible and lists the losses. [WithPrevious] reads the state
// before the last transaction, which is often whole when the newest is damaged. [WithScavenge] searches the outdated
// pages for entries that the tree lacks.
//
// # The format, in short
//
// A bolt file is a sequence of pages, usually 4096 bytes each. Every bucket is a B+ tree of pages: leaf pages with keys
// and values in ascending order, and branch pages that map keys to pages. The value of a nested bucket is the number of
// its root page or, for a small bucket, the page itself. A value larger than a page takes several consecutive pages.
//
// A commit never overwrites pages of the previous state. It writes changed pages to free places and then one of the
// first two pages, the meta pages, alternately; the newer valid meta page names the root page. So a file is sound at
// any moment. But it contains outdated pages, which a reader skips, and a copy that takes longer than a commit may mix
// two states. The freelist lists free pages. containerd does not store it; bolt rebuilds it at each start.
//
// Package memkv/internal/bolt documents the layout byte by byte.
package boltfile

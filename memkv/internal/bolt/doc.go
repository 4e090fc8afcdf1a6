// Package bolt reads, checks and writes the bolt database file format (version 2) without memory maps, locks or
// assumptions about the host's byte order.
//
// # The file
//
// A file is a sequence of equally large pages, numbered from 0. All integers are little-endian. Every page begins with
// a header of 16 bytes:
//
//	0  id        uint64  the page's own number
//	8  flags     uint16  1 branch, 2 leaf, 4 meta, 16 freelist
//	10 count     uint16  number of elements
//	12 overflow  uint32  number of further pages that belong to this one
//
// Pages 0 and 1 are metas. Each names the root page of one committed state; the valid meta with the higher transaction
// number is current. A writer never overwrites a page that is reachable from the last two states: it writes its new
// pages elsewhere and overwrites the older meta last.
//
//	16 magic     uint32  0xED0CDAED
//	20 version   uint32  2
//	24 page size uint32
//	28 flags     uint32  unused
//	32 root      uint64  the root bucket's page
//	40 sequence  uint64  the root bucket's sequence
//	48 freelist  uint64  first page of the freelist, or all ones when it isn't stored
//	56 pages     uint64  the high water mark: pages at and above it don't exist
//	64 txid      uint64
//	72 checksum  uint64  FNV-64a of bytes 16 to 71
//
// A bucket is a B+ tree. The elements of a branch page, 16 bytes each, hold the distance from the element to its key
// (uint32), the key's length (uint32) and the child's page (uint64). A child holds the keys from its own element's key
// up to the next element's key. The elements of a leaf, also 16 bytes, hold flags (uint32), the distance to the key,
// which the value follows (uint32), and the lengths of key and value (uint32 each). Keys ascend bytewise.
//
// A leaf element with flag 1 is a bucket: its value is the root page (uint64) and the sequence (uint64). Root page 0
// means that the bucket is inline: one leaf page, with its header, follows in the same value. Bolt inlines a bucket
// that takes at most a quarter of a page and contains no buckets.
//
// # Reading
//
// [Open] and [OpenBytes] validate the metas. [File.Walk] emits the newest committed state to a [Visitor] in key order.
// [File.Check] collects all faults. The package treats every file as hostile: it checks every number before use, visits
// each page at most once, and allocates no more memory than the file's own length justifies.
//
// # Writing
//
// [Write] writes a [Source] as a file with tightly packed pages and an empty freelist.
package bolt

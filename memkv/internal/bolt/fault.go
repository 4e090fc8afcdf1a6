package bolt

import (
	"errors"
	"fmt"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
)

// The classes of faults, for errors.Is. The first three are bolt's own errors.
var (
	// ErrNotBolt: no meta page has bolt's magic number. The file has another format or is empty.
	ErrNotBolt = berrors.ErrInvalid

	// ErrVersion: the bolt file has another format version.
	ErrVersion = berrors.ErrVersionMismatch

	// ErrChecksum: the checksum of a meta page does not match its content.
	ErrChecksum = berrors.ErrChecksum

	// ErrMeta: a meta page is intact but contains impossible values.
	ErrMeta = errors.New("impossible meta page")

	// ErrTruncated: the file ends before the last page that its meta page counts.
	ErrTruncated = errors.New("truncated file")

	// ErrPage: a page contradicts the page above it, or lies outside the file.
	ErrPage = errors.New("bad page")

	// ErrReused: a page is reachable twice, for example in a cycle.
	ErrReused = errors.New("page used twice")

	// ErrElement: the key or value of an element lies outside its page, or its flags are unknown.
	ErrElement = errors.New("bad element")

	// ErrOrder: keys do not ascend, or lie outside the range of their branch page.
	ErrOrder = errors.New("keys out of order")

	// ErrBucket: a bucket entry is malformed.
	ErrBucket = errors.New("bad bucket")

	// ErrDepth: buckets or branch pages are nested deeper than this package follows.
	ErrDepth = errors.New("nested too deeply")

	// ErrFreelist: the freelist contradicts the pages in use. Bolt may overwrite live pages of such a file, or never
	// reuse free ones.
	ErrFreelist = errors.New("bad freelist")

	// ErrRead: the bytes could not be read. The fault also wraps the reader's error.
	ErrRead = errors.New("read failed")
)

// ErrChanged means that the file was written to during the read, so the result may mix two states. It replaces the
// fault of the read, if any, because that fault says nothing about the file.
var ErrChanged = errors.New("changed while being read: try again, or copy it while the daemon that writes it is stopped")

const (
	maxFaultNames = 32
	maxFaultName  = 256
)

// A Fault is one structural fault: its place and a description.
type Fault struct {
	// Class is one of the Err values above.
	Class error

	// Page is the page with the fault, and Offset its position in the file in bytes. For an inline bucket, Page is the
	// page that contains the bucket.
	Page   uint64
	Offset int64

	// Bucket is the path of the page's bucket, outermost name first. It is empty for the root bucket and for pages
	// outside buckets. It keeps at most 32 names of at most 256 bytes each, because the file may be hostile.
	Bucket []string

	// Detail describes the fault in one clause.
	Detail string

	// Cause is the reader's error if Class is ErrRead, otherwise nil.
	Cause error
}

// Error returns a message such as `page 7 (byte 28672) of bucket "v1"/"default": the page says it is page 9`.
func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "page %d (byte %d)", f.Page, f.Offset)
	for i, name := range f.Bucket {
		if i == 0 {
			b.WriteString(" of bucket ")
		} else {
			b.WriteByte('/')
		}
		b.WriteString(quote([]byte(name)))
	}
	b.WriteString(": ")
	b.WriteString(f.Detail)
	return b.String()
}

// Unwrap returns the class and, if any, the reader's error.
func (f *Fault) Unwrap() []error {
	if f.Cause != nil {
		return []error{f.Class, f.Cause}
	}
	return []error{f.Class}
}

// quote quotes and shortens a key from a hostile file.
func quote(key []byte) string {
	const most = 128
	if len(key) <= most {
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("%q... (%d bytes)", key[:most], len(key))
}

package bolt

import (
	"errors"
	"fmt"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
)

// The classes of faults, for errors.Is. The first three are bolt's own values.
var (
	// ErrNotBolt: no meta page carries bolt's magic number. The file is something else, or empty.
	ErrNotBolt = berrors.ErrInvalid

	// ErrVersion: a bolt file of another format version.
	ErrVersion = berrors.ErrVersionMismatch

	// ErrChecksum: a meta page whose checksum doesn't match its content.
	ErrChecksum = berrors.ErrChecksum

	// ErrMeta: a meta page that is intact but says what can't be.
	ErrMeta = errors.New("impossible meta page")

	// ErrTruncated: the file ends before the last page that its meta page promises.
	ErrTruncated = errors.New("truncated file")

	// ErrPage: a page that is not what the page above it says it is, or lies outside the file.
	ErrPage = errors.New("bad page")

	// ErrReused: a page that is reachable twice; in a cycle, for example.
	ErrReused = errors.New("page used twice")

	// ErrElement: an element whose key or value lies outside its page or that has no meaning.
	ErrElement = errors.New("bad element")

	// ErrOrder: keys that don't ascend, or lie outside the range their branch page gives them.
	ErrOrder = errors.New("keys out of order")

	// ErrBucket: a bucket entry that is malformed.
	ErrBucket = errors.New("bad bucket")

	// ErrDepth: buckets or branch pages nested deeper than this package follows.
	ErrDepth = errors.New("nested too deeply")

	// ErrFreelist: a freelist that contradicts the pages in use. Bolt may overwrite live pages of
	// such a file, or never use free ones again.
	ErrFreelist = errors.New("bad freelist")

	// ErrRead: the bytes could not be read. The fault wraps the reader's own error too.
	ErrRead = errors.New("read failed")
)

// ErrChanged means that the file was written to while it was being read, so that what was read may
// mix two states. It hides the fault that was met, if any: that one says nothing of the file.
var ErrChanged = errors.New("changed while being read: try again, or copy it while the daemon that writes it is stopped")

const (
	maxFaultNames = 32
	maxFaultName  = 256
)

// Fault is one structural fault: where it is and what is wrong.
type Fault struct {
	// Class is one of the Err values above.
	Class error

	// Page is the page in which the fault was met, and Offset where in the file, in bytes. The fault
	// of an inline bucket is on the page that holds it.
	Page   uint64
	Offset int64

	// Bucket names the bucket the page belongs to, outermost name first; empty for the root bucket
	// and for pages that belong to none. Of a hostile file's names only the first 32 are kept, and of
	// each 256 bytes.
	Bucket []string

	// Detail says what is wrong, in one clause.
	Detail string

	// Cause is the reader's error if Class is ErrRead, else nil.
	Cause error
}

// Error says `page 7 (byte 28672) of bucket "v1"/"default": the page says it is page 9`.
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

// Unwrap gives the class, and the reader's error where there is one.
func (f *Fault) Unwrap() []error {
	if f.Cause != nil {
		return []error{f.Class, f.Cause}
	}
	return []error{f.Class}
}

// quote prints a key from a file that may hold anything, shortened.
func quote(key []byte) string {
	const most = 128
	if len(key) <= most {
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("%q... (%d bytes)", key[:most], len(key))
}

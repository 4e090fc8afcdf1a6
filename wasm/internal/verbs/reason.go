package verbs

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A classError is an error with a class, and with the reason that the response reports if the error is about a database
// file.
type classError struct {
	error
	class  error
	reason abi.Reason
}

// Unwrap returns the error and its class.
func (e *classError) Unwrap() []error { return []error{e.error, e.class} }

// openError adds the class and the reason to an error that occurred while a database file was opened.
func openError(err error) error {
	class := error(errdefs.ErrInvalidArgument)
	if known := op.CodeOf(err); known != op.Unknown {
		class = known.Err()
	}
	return &classError{err, class, reasonOf(err)}
}

// reasons maps classes of errors to reasons. The first matching row applies.
var reasons = []struct {
	class  error
	reason abi.Reason
}{
	{examine.ErrForeign, abi.Foreign},
	{boltfile.ErrNotBolt, abi.NotBolt},
	{boltfile.ErrVersion, abi.BadVersion},
	{boltfile.ErrTooLarge, abi.TooLarge},
	{nodedir.ErrArchiveTooLarge, abi.TooLarge},
	{nodedir.ErrNoRoot, abi.NoDatabase},
	{boltfile.ErrTruncated, abi.Truncated},
	{io.ErrUnexpectedEOF, abi.Truncated}, // of compressed data
	{gzip.ErrHeader, abi.BadGzip},
	{gzip.ErrChecksum, abi.BadGzip},
}

// reasonOf returns the reason for which a database file cannot be opened, or "" for other errors.
func reasonOf(err error) abi.Reason {
	for _, row := range reasons {
		if errors.Is(err, row.class) {
			return row.reason
		}
	}
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		return abi.BadGzip
	}
	if fault := (*boltfile.Fault)(nil); errors.As(err, &fault) {
		return abi.Damaged
	}
	return ""
}

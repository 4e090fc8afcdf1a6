package verbs

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A fileError is an error about a database file, with the reason that the response reports.
type fileError struct {
	error
	reason abi.Reason
}

func (e *fileError) Unwrap() error { return e.error }

// openError adds the reason to an error that occurred while a database file was opened.
func openError(err error) error { return &fileError{err, reasonOf(err)} }

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

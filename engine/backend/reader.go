package backend

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// reader reads the bytes of a blob. The bytes are shared and immutable, so it copies them to the caller.
type reader struct {
	data   []byte
	closed atomic.Bool
}

// ReadAt implements [io.ReaderAt]. After Close, it returns [os.ErrClosed].
func (r *reader) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case r.closed.Load():
		return 0, fmt.Errorf("read: %w", os.ErrClosed)
	case offset < 0:
		return 0, fmt.Errorf("read at %d: negative offset", offset)
	case offset >= int64(len(r.data)):
		return 0, io.EOF
	}
	n := copy(p, r.data[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (r *reader) Size() int64 { return int64(len(r.data)) }

// Close closes the reader. A second Close returns an error, as with files.
func (r *reader) Close() error {
	if r.closed.Swap(true) {
		return fmt.Errorf("close: %w", os.ErrClosed)
	}
	return nil
}

package memkv

import (
	"io"
	"os"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// WriteTo writes what the transaction sees, changes of its own included, as a
// bolt database file, and returns the number of bytes written. Equal states give
// equal bytes. It returns the first error of w.
//
// Package boltfile can do so with another page size, and reads such files.
func (tx *Tx) WriteTo(w io.Writer) (int64, error) {
	return bolt.Write(w, boltSource{tx.Freeze().contents}, bolt.Options{})
}

// Copy is WriteTo without the number of bytes.
func (tx *Tx) Copy(w io.Writer) error {
	_, err := tx.WriteTo(w)
	return err
}

// CopyFile is WriteTo to a file, which it creates with that mode or overwrites.
func (tx *Tx) CopyFile(path string, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := tx.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Size returns how many bytes WriteTo writes, which it finds out by doing so: it
// takes as long.
func (tx *Tx) Size() int64 {
	n, err := tx.WriteTo(io.Discard)
	if err != nil {
		return 0
	}
	return n
}

// boltSource is a bucket as the writer of bolt files wants it.
type boltSource struct{ of contents }

func (s boltSource) Sequence() uint64 { return s.of.sequence() }

func (s boltSource) ForEach(fn func(key, value []byte, sub bolt.Source) error) (err error) {
	s.of.each(func(key string, e entry) bool {
		if e.bucket {
			err = fn(view(key), nil, boltSource{e.contents})
		} else {
			err = fn(view(key), view(e.packed), nil)
		}
		return err == nil
	})
	return err
}

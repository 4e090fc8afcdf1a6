package memkv

import (
	"io"
	"os"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// WriteTo writes the state that the transaction sees, including its own changes, as a bolt database file. It returns
// the number of bytes written. Equal states give equal bytes. It returns the first error of w.
//
// Package boltfile writes files with other page sizes, and reads them.
func (tx *Tx) WriteTo(w io.Writer) (int64, error) {
	return bolt.Write(w, boltSource{tx.Freeze().contents}, bolt.Options{})
}

// Copy is WriteTo without the number of bytes.
func (tx *Tx) Copy(w io.Writer) error {
	_, err := tx.WriteTo(w)
	return err
}

// CopyFile is WriteTo to a file. It creates the file with the given mode or overwrites it.
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

// Size returns the number of bytes that WriteTo writes. It takes as long as WriteTo.
func (tx *Tx) Size() int64 {
	n, err := tx.WriteTo(io.Discard)
	if err != nil {
		return 0
	}
	return n
}

// boltSource is a bucket as a [bolt.Source].
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

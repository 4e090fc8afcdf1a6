package boltfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A WriteOption changes the layout of a written file.
type WriteOption func(*bolt.Options)

// WithPageSize sets the page size: a power of two from 1024 to 65536. The default is 4096.
func WithPageSize(bytes int) WriteOption {
	return func(o *bolt.Options) { o.PageSize = bytes }
}

// WithFill sets the share of each page that is filled, above 0 and at most 1. The default, 0.9, suits a file that
// changes occasionally.
func WithFill(share float64) WriteOption {
	return func(o *bolt.Options) { o.Fill = share }
}

// WithoutFreelist omits the freelist, as containerd does. containerd reads files with and without it.
func WithoutFreelist() WriteOption {
	return func(o *bolt.Options) { o.NoFreelist = true }
}

// Write writes the state that tx sees, including its own changes, as a bolt file. It returns the number of bytes
// written. Equal contents give equal bytes, whatever their history. It holds the whole file in memory.
func Write(w io.Writer, tx *memkv.Tx, opts ...WriteOption) (int64, error) {
	var o bolt.Options
	for _, opt := range opts {
		opt(&o)
	}
	n, err := bolt.Write(w, source{tx.Freeze()}, o)
	return n, wrap("", err)
}

// WriteFile writes the last commit of db as a bolt file at path. It writes a temporary file in the same directory,
// syncs and renames it, so the file appears whole or not at all. An existing file is replaced and passes its
// permissions on; a new file has 0600. WriteFile returns an error if path is not a regular file.
func WriteFile(path string, db *memkv.DB, opts ...WriteOption) error {
	perm, err := permissions(path)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = db.View(func(tx *memkv.Tx) error {
		_, err := Write(beside, tx, opts...)
		return err
	})
	err = errors.Join(err, beside.Chmod(perm), beside.Sync(), beside.Close())
	if err == nil {
		err = os.Rename(beside.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside.Name()))
	}
	syncDir(filepath.Dir(path))
	return nil
}

func permissions(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0o600, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("database %q: not a regular file, and will not be replaced", path)
	}
	return info.Mode().Perm(), nil
}

// syncDir makes a rename durable on systems that can sync directories. Elsewhere it has no effect.
func syncDir(path string) {
	dir, err := os.Open(path)
	if err != nil {
		return
	}
	_ = dir.Sync()
	_ = dir.Close()
}

// source is a bucket as a [bolt.Source].
type source struct{ memkv.Frozen }

func (s source) ForEach(f func(key, value []byte, sub bolt.Source) error) error {
	for key, e := range s.All() {
		var sub bolt.Source
		if e.IsBucket() {
			sub = source{e.Bucket()}
		}
		if err := f([]byte(key), e.Value(), sub); err != nil {
			return err
		}
	}
	return nil
}

package boltfile

import (
	"io"
	"io/fs"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Report is the result of a structural check: faults, the meta page's figures, and counts.
type Report = bolt.Report

// Info describes a file according to its meta page.
type Info = bolt.Info

// Check reads the whole structure of the file at path, which may be gzip'd, and reports every fault. This includes
// faults that Open ignores: a broken meta page beside a sound one, and a freelist that contradicts the pages in use. An
// error means that the file could not be checked.
func Check(path string, opts ...ReadOption) (Report, error) {
	return check(osFile(path), path, opts)
}

// CheckFS is [Check] for a file in a file system.
func CheckFS(fsys fs.FS, path string, opts ...ReadOption) (Report, error) {
	return check(func() (fs.File, error) { return fsys.Open(path) }, path, opts)
}

func check(source func() (fs.File, error), path string, opts []ReadOption) (Report, error) {
	var report Report
	err := withFile(source, path, opts, func(f *bolt.File, _ *readOptions) (err error) {
		report, err = f.Check()
		return err
	})
	return report, err
}

// CheckReader is [Check] for a whole file from r.
func CheckReader(r io.Reader, opts ...ReadOption) (Report, error) {
	f, err := receive(r, newReadOptions(opts))
	if err != nil {
		return Report{}, wrap("", err)
	}
	report, err := f.Check()
	return report, wrap("", err)
}

// CheckBytes is [Check] for a whole file in memory.
func CheckBytes(data []byte, opts ...ReadOption) (Report, error) {
	f, err := openBytes(data, newReadOptions(opts))
	if err != nil {
		return Report{}, wrap("", err)
	}
	report, err := f.Check()
	return report, wrap("", err)
}

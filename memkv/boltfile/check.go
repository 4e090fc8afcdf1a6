package boltfile

import (
	"io"
	"io/fs"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Report is the result of a structural check: the faults, what the meta page says, and counts.
type Report = bolt.Report

// Info is what a file's meta page says of it.
type Info = bolt.Info

// Check reads the whole structure of the file at path, which may be gzip'd, and reports every fault, also those
// that Open doesn't mind: a meta page that is broken while the other is sound, and a freelist that
// contradicts the pages in use. The error says that the file could not be checked at all.
func Check(path string, opts ...ReadOption) (Report, error) {
	return check(osFile(path), path, opts)
}

// CheckFS is [Check] for a file of a file system.
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

// CheckReader is Check for a whole file from r.
func CheckReader(r io.Reader, opts ...ReadOption) (Report, error) {
	f, err := receive(r, newReadOptions(opts))
	if err != nil {
		return Report{}, named("", err)
	}
	report, err := f.Check()
	return report, named("", err)
}

// CheckBytes is Check for a whole file in memory.
func CheckBytes(data []byte, opts ...ReadOption) (Report, error) {
	f, err := openBytes(data, newReadOptions(opts))
	if err != nil {
		return Report{}, named("", err)
	}
	report, err := f.Check()
	return report, named("", err)
}

package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Fault is one structural fault of a file: page, byte, bucket, and what is wrong. It is in the error
// chain (errors.As) of whatever this package refuses to read, and errors.Is tells its class.
type Fault = bolt.Fault

// The classes of faults. The first three are also go.etcd.io/bbolt/errors' ErrInvalid, ErrVersionMismatch and ErrChecksum.
var (
	ErrNotBolt   = bolt.ErrNotBolt
	ErrVersion   = bolt.ErrVersion
	ErrChecksum  = bolt.ErrChecksum
	ErrMeta      = bolt.ErrMeta
	ErrTruncated = bolt.ErrTruncated
	ErrPage      = bolt.ErrPage
	ErrReused    = bolt.ErrReused
	ErrElement   = bolt.ErrElement
	ErrOrder     = bolt.ErrOrder
	ErrBucket    = bolt.ErrBucket
	ErrDepth     = bolt.ErrDepth
	ErrFreelist  = bolt.ErrFreelist
	ErrRead      = bolt.ErrRead
)

// ErrChanged means that a file was written to while it was being read, each time it was tried.
var ErrChanged = bolt.ErrChanged

// ErrTooLarge means that compressed input unpacks to more than WithMaxSize allows.
var ErrTooLarge = errors.New("unpacks to more than is taken for a database")

// A ReadOption changes how a file is read.
type ReadOption func(*readOptions)

type readOptions struct {
	memkv   []memkv.Option
	maxSize int64
}

// WithDB hands options to the memkv.DB that is made.
func WithDB(opts ...memkv.Option) ReadOption {
	return func(o *readOptions) { o.memkv = append(o.memkv, opts...) }
}

// WithMaxSize sets the most bytes that compressed input may unpack to. Without it, that is 64 MiB and a hundred times
// the size of the compressed input: no database that was filled by use comes near that.
func WithMaxSize(bytes int64) ReadOption {
	return func(o *readOptions) { o.maxSize = bytes }
}

// Open reads the bolt file at path, which may be gzip'd. The DB's Path is path. The file is open
// only during the call, and no lock is taken. Uncompressed files are read page by page, so that memory
// is needed only for what the DB holds.
func Open(path string, opts ...ReadOption) (*memkv.DB, error) {
	opts = append([]ReadOption{WithDB(memkv.WithPath(path))}, opts...)
	return open(osFile(path), path, opts)
}

// OpenFS is [Open] for a file of a file system. A file that implements [io.ReaderAt] is read page by page, any other
// as a stream.
func OpenFS(fsys fs.FS, path string, opts ...ReadOption) (*memkv.DB, error) {
	opts = append([]ReadOption{WithDB(memkv.WithPath(path))}, opts...)
	return open(func() (fs.File, error) { return fsys.Open(path) }, path, opts)
}

func open(source func() (fs.File, error), path string, opts []ReadOption) (*memkv.DB, error) {
	var db *memkv.DB
	err := withFile(source, path, opts, func(f *bolt.File, o *readOptions) (err error) {
		db, err = load(f, o)
		return err
	})
	return db, err
}

func osFile(path string) func() (fs.File, error) {
	return func() (fs.File, error) { return os.Open(path) }
}

// Read reads a whole bolt file, which may be gzip'd, from r, to the end of r.
func Read(r io.Reader, opts ...ReadOption) (*memkv.DB, error) {
	o := newReadOptions(opts)
	f, err := receive(r, o)
	if err != nil {
		return nil, named("", err)
	}
	db, err := load(f, o)
	return db, named("", err)
}

// ReadBytes reads a whole bolt file, which may be gzip'd. The DB does not keep data.
func ReadBytes(data []byte, opts ...ReadOption) (*memkv.DB, error) {
	o := newReadOptions(opts)
	f, err := openBytes(data, o)
	if err != nil {
		return nil, named("", err)
	}
	db, err := load(f, o)
	return db, named("", err)
}

func newReadOptions(opts []ReadOption) *readOptions {
	o := &readOptions{}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

func load(f *bolt.File, o *readOptions) (*memkv.DB, error) {
	b := memkv.NewBuilder(o.memkv...)
	if err := b.SetSequence(f.RootSequence()); err != nil {
		return nil, err
	}
	if err := f.Walk(b); err != nil {
		return nil, err
	}
	return b.DB()
}

// attempts is how often a file that changes while it is read is read again.
const attempts = 5

// withFile calls use with the bolt file that source opens, again if the file changed meanwhile.
func withFile(source func() (fs.File, error), path string, opts []ReadOption, use func(*bolt.File, *readOptions) error) (err error) {
	o := newReadOptions(opts)
	for range attempts {
		if err = once(source, path, o, use); !errors.Is(err, ErrChanged) {
			break
		}
	}
	return err
}

func once(source func() (fs.File, error), path string, o *readOptions, use func(*bolt.File, *readOptions) error) error {
	file, err := source()
	if err != nil {
		return err
	}
	defer file.Close()
	f, err := openFile(file, o)
	if err == nil {
		err = use(f, o)
	}
	return named(path, err)
}

// openFile reads from file where it is needed, if that can be done, and else takes it as a stream.
func openFile(file fs.File, o *readOptions) (*bolt.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	at, ok := file.(io.ReaderAt)
	if !ok || !info.Mode().IsRegular() {
		return receive(file, o)
	}
	var head [len(gzipMagic)]byte
	n, _ := at.ReadAt(head[:], 0)
	if isGzip(head[:n]) {
		return receive(file, o)
	}
	return bolt.Open(at, info.Size())
}

func openBytes(data []byte, o *readOptions) (*bolt.File, error) {
	if isGzip(data) {
		return receive(bytes.NewReader(data), o)
	}
	return bolt.OpenBytes(data)
}

// named says which file an error is about, and of a fault what may be behind it.
func named(path string, err error) error {
	if err == nil {
		return nil
	}
	what := "database"
	if path != "" {
		what = fmt.Sprintf("database %q", path)
	}
	var fault *Fault
	switch {
	case !errors.As(err, &fault) || errors.Is(err, ErrVersion) || errors.Is(err, ErrRead):
		return fmt.Errorf("%s: %w", what, err)
	case errors.Is(err, ErrNotBolt):
		return fmt.Errorf("%s: not a bolt file: %w", what, err)
	}
	return fmt.Errorf("%s: %w; it is damaged, or was copied while it was being written", what, err)
}

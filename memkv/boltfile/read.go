package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A Fault is a structural fault of a file: page, byte, bucket, and detail. Errors about unreadable files wrap a *Fault
// (errors.As); errors.Is matches its class.
type Fault = bolt.Fault

// The classes of faults. The first three wrap ErrInvalid, ErrVersionMismatch and ErrChecksum of
// go.etcd.io/bbolt/errors.
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

// ErrChanged means that a file was written to during each attempt to read it.
var ErrChanged = bolt.ErrChanged

// ErrTooLarge means that compressed input unpacks to more bytes than [WithMaxSize] allows.
var ErrTooLarge = errors.New("unpacks to more than is taken for a database")

// A ReadOption changes how a file is read.
type ReadOption func(*readOptions)

type readOptions struct {
	memkv    []memkv.Option
	maxSize  int64
	open     []bolt.OpenOption
	salvage  *Salvage
	scavenge *Scavenge
}

// WithDB passes options to the resulting memkv.DB.
func WithDB(opts ...memkv.Option) ReadOption {
	return func(o *readOptions) { o.memkv = append(o.memkv, opts...) }
}

// WithMaxSize sets the maximum unpacked size of compressed input in bytes. The default is 64 MiB plus a hundred times
// the compressed size; databases filled by real use stay far below.
func WithMaxSize(bytes int64) ReadOption {
	return func(o *readOptions) { o.maxSize = bytes }
}

// Open reads the bolt file at path, which may be gzip'd. The path becomes the DB's Path. Open closes the file before it
// returns and takes no lock. It reads uncompressed files page by page, so it needs memory only for the contents of the
// DB.
func Open(path string, opts ...ReadOption) (*memkv.DB, error) {
	opts = append([]ReadOption{WithDB(memkv.WithPath(path))}, opts...)
	return open(osFile(path), path, opts)
}

// OpenFS is [Open] for a file in a file system. It reads a file that implements [io.ReaderAt] page by page, from
// several goroutines, and any other file as a stream.
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

// Read reads a whole bolt file, which may be gzip'd, from r until EOF.
func Read(r io.Reader, opts ...ReadOption) (*memkv.DB, error) {
	o := newReadOptions(opts)
	f, err := receive(r, o)
	if err != nil {
		return nil, wrap("", err)
	}
	db, err := load(f, o)
	return db, wrap("", err)
}

// ReadBytes reads a whole bolt file, which may be gzip'd. The DB does not keep data.
func ReadBytes(data []byte, opts ...ReadOption) (*memkv.DB, error) {
	o := newReadOptions(opts)
	f, err := openBytes(data, o)
	if err != nil {
		return nil, wrap("", err)
	}
	db, err := load(f, o)
	return db, wrap("", err)
}

func newReadOptions(opts []ReadOption) *readOptions {
	o := &readOptions{}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

func load(f *bolt.File, o *readOptions) (*memkv.DB, error) {
	db, err := loadTree(f, o)
	if err == nil && o.scavenge != nil {
		err = scavenge(f, o.scavenge)
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

func loadTree(f *bolt.File, o *readOptions) (*memkv.DB, error) {
	if o.salvage != nil {
		*o.salvage = Salvage{Faults: f.MetaFaults()}
	}
	if workers := runtime.GOMAXPROCS(0); workers > 1 && f.Info().Size >= parallelMin {
		db, err := build(f, o, func(b *memkv.Builder) error {
			return f.WalkParts(b, workers, func() bolt.Part { return part{memkv.NewPartBuilder(), b} })
		})
		if err == nil {
			return db, nil
		} // else the walk below returns the first error
	}
	db, err := build(f, o, func(b *memkv.Builder) error { return f.Walk(b) })
	var fault *Fault
	if o.salvage != nil && errors.As(err, &fault) {
		return salvage(f, o)
	}
	return db, err
}

// parallelMin is the size from which a file is read on all cores.
const parallelMin = 1 << 20

// build returns a database with the content of a file, which walk emits.
func build(f *bolt.File, o *readOptions, walk func(*memkv.Builder) error) (*memkv.DB, error) {
	b := memkv.NewBuilder(o.memkv...)
	if err := b.SetSequence(f.RootSequence()); err != nil {
		return nil, err
	}
	if err := walk(b); err != nil {
		return nil, err
	}
	return b.DB()
}

// A part is a visitor of some of a bucket's entries.
type part struct {
	*memkv.Builder
	to *memkv.Builder
}

// Cut implements [bolt.Part].
func (p part) Cut() (join func() error, err error) {
	entries, err := p.Part()
	return func() error { return p.to.Append(entries) }, err
}

// attempts is the maximum number of reads of a file that changes during the read.
const attempts = 5

// withFile calls use with the bolt file that source opens. It tries again if the file changed.
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
	return wrap(path, err)
}

// openFile reads single pages of file if possible, and otherwise all of it as a stream.
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
	return bolt.Open(at, info.Size(), o.open...)
}

func openBytes(data []byte, o *readOptions) (*bolt.File, error) {
	if isGzip(data) {
		return receive(bytes.NewReader(data), o)
	}
	return bolt.OpenBytes(data, o.open...)
}

// wrap adds the database's name to an error, and the likely cause to a fault.
func wrap(path string, err error) error {
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

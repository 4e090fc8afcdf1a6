package bbolt

import (
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
)

// Options configure [Open]. Only Timeout and ReadOnly have an effect; the other fields concern files.
type Options struct {
	// Timeout limits the time that Open waits for others to close the database. If it is 0, Open waits without limit.
	Timeout time.Duration
	// ReadOnly opens an existing database for reading, beside others that do the same.
	ReadOnly bool

	NoGrowSync, NoFreelistSync, PreLoadFreelist, NoSync, Mlock, NoStatistics bool

	FreelistType                         FreelistType
	MmapFlags, InitialMmapSize, PageSize int
}

// DefaultOptions are the options of an Open without options.
var DefaultOptions = &Options{FreelistType: FreelistArrayType}

// A name is the state of one path. Invariant: not both writer and readers > 0.
type name struct {
	state    *memkv.DB // the database that was last open for writing; a fork of it has the last commit
	writer   bool      // state is open
	readers  int       // databases that are open for reading
	released chan struct{}
}

var (
	mu    sync.Mutex
	names = map[string]*name{} // by clean path
)

// Open returns the database at a path, and creates an empty one if there is none. It waits until the database is not
// open, or, with ReadOnly, not open for writing. Close releases it. The mode has no effect.
//
// Two paths are the same if [filepath.Clean] makes them equal. There are no directories, so every path but "" can be
// created. Open returns bolt's ErrTimeout after Timeout, and an error that is [fs.ErrNotExist] for "", and for a
// missing database with ReadOnly. Open is safe for concurrent use.
func Open(path string, _ fs.FileMode, options *Options) (*DB, error) {
	if options == nil {
		options = DefaultOptions
	}
	var expired <-chan time.Time
	for {
		db, wait, err := open(path, options.ReadOnly)
		if wait == nil {
			return db, err
		}
		if options.Timeout > 0 && expired == nil {
			expired = time.After(options.Timeout)
		}
		select {
		case <-wait:
		case <-expired:
			return nil, errors.ErrTimeout
		}
	}
}

// open returns a database, an error, or the channel that is closed at the next Close.
func open(path string, readOnly bool) (*DB, <-chan struct{}, error) {
	mu.Lock()
	defer mu.Unlock()
	n := names[filepath.Clean(path)]
	switch {
	case path == "" || n == nil && readOnly:
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case n == nil:
		n = &name{state: memkv.New(), released: make(chan struct{})}
		names[filepath.Clean(path)] = n
	case n.writer, n.readers > 0 && !readOnly:
		return nil, n.released, nil
	}
	if readOnly {
		n.readers++
		return n.state.Fork(memkv.WithPath(path), memkv.WithReadOnly(), memkv.WithOnClose(func() {
			n.release(func() { n.readers-- })
		})), nil, nil
	}
	n.writer = true
	n.state = n.state.Fork(memkv.WithPath(path), memkv.WithOnClose(func() {
		n.release(func() { n.writer = false })
	}))
	return n.state, nil, nil
}

// release runs change and wakes every Open that waits.
func (n *name) release(change func()) {
	mu.Lock()
	defer mu.Unlock()
	change()
	close(n.released)
	n.released = make(chan struct{})
}

// Remove deletes the database at a path, as [os.Remove] deletes a file: a database that is open stays usable until its
// Close, and the next Open starts with an empty one. The error is [fs.ErrNotExist] if there is none. Remove is safe for
// concurrent use. A test that opens many databases removes them, because they stay in memory.
func Remove(path string) error {
	mu.Lock()
	defer mu.Unlock()
	if names[filepath.Clean(path)] == nil {
		return &fs.PathError{Op: "remove", Path: path, Err: fs.ErrNotExist}
	}
	delete(names, filepath.Clean(path))
	return nil
}

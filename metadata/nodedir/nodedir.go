package nodedir

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// A Flavor is the program whose directory layout a root has.
type Flavor string

const (
	// Containerd is the layout of containerd's root, also of the containerd that dockerd or a Kubernetes distribution
	// runs.
	Containerd Flavor = "containerd"
	// BuildKit is the layout of a worker's root below that of buildkitd.
	BuildKit Flavor = "BuildKit worker"
)

// A layout names the parts of a root.
type layout struct {
	flavor   Flavor
	database string // the metadata database
	content  string // the directory of the content store

	// snapshotters is the prefix of the snapshotters' directories. What follows it is the snapshotter's name. If exact
	// is set, it is the only such directory, and the name of its snapshotter stands in the metadata database alone.
	snapshotters string
	exact        bool
}

var layouts = []layout{
	{Containerd, "io.containerd.metadata.v1.bolt/meta.db", "io.containerd.content.v1.content", "io.containerd.snapshotter.v1.", false},
	{BuildKit, "containerdmeta.db", "content", "snapshots", true},
}

// StorageFile is the name of the database in the directory of a snapshotter.
const StorageFile = "metadata.db"

// ErrNoRoot is returned for a directory that has no metadata database at any of the places that [Open] knows.
var ErrNoRoot = errors.New("no metadata database")

// ErrNoRecords means that a snapshotter's directory has no metadata.db, so its records and sizes are unknown.
var ErrNoRecords = errors.New("no " + StorageFile)

// A Dir is the root directory of a node.
type Dir struct {
	Files    fs.FS
	Flavor   Flavor
	Database string // path of the metadata database, which may be unreadable; "" for none

	// Content is the directory of the content store. It is nil if ContentErr says why it cannot be read.
	Content    fs.FS
	ContentErr error

	// Snapshotters are sorted by name. SnapshottersErr says why they could not be listed.
	Snapshotters    []*Snapshotter
	SnapshottersErr error
}

// A Snapshotter is the directory of one snapshotter.
type Snapshotter struct {
	// Name is the name of the snapshotter. It is "" in the root of a BuildKit worker, which has one snapshotter only.
	Name string

	// Path is the directory below the root, for example "io.containerd.snapshotter.v1.overlayfs". It is "" if the
	// snapshotter's database was given without a directory ([OpenRecords]).
	Path string

	// Files is the directory itself, nil if there is none.
	Files fs.FS

	// Records is the snapshotter's database. It is nil if Err says why it cannot be read; Err is [ErrNoRecords] if
	// there is no database.
	Records *storage.Snapshotter
	Err     error
}

// Open finds the parts of a root directory and reads the databases of its snapshotters. It does not read the metadata
// database. The error is [ErrNoRoot] if there is no metadata database, or the reason why that cannot be told.
func Open(files fs.FS) (*Dir, error) {
	var refused error
	for _, l := range layouts {
		info, err := fs.Stat(files, l.database)
		switch {
		case err == nil && !info.IsDir():
			return open(files, l), nil
		case err != nil && !errors.Is(err, fs.ErrNotExist) && refused == nil:
			refused = err
		}
	}
	if refused != nil {
		return nil, refused
	}
	return nil, fmt.Errorf("%w: neither %s nor %s", ErrNoRoot, layouts[0].database, layouts[1].database)
}

// OpenParts is [Open] for a directory whose metadata database is elsewhere: a content store and snapshotters in the
// layout of a root, or a content store alone, the directory that has blobs/. The Database of the result is "" if the
// directory has none.
func OpenParts(files fs.FS) (*Dir, error) {
	d, err := Open(files)
	if err == nil || !errors.Is(err, ErrNoRoot) {
		return d, err
	}
	for _, l := range layouts {
		d := open(files, l)
		d.Database = ""
		if d.Content != nil || len(d.Snapshotters) > 0 {
			return d, nil
		}
	}
	if content, err := subdirectory(files, "blobs"); err == nil && content != nil {
		return &Dir{Files: files, Flavor: Containerd, Content: files}, nil
	}
	return nil, fmt.Errorf("%w, content store or snapshotter", ErrNoRoot)
}

func open(files fs.FS, l layout) *Dir {
	d := &Dir{Files: files, Flavor: l.flavor, Database: l.database}
	d.Content, d.ContentErr = subdirectory(files, l.content)
	entries, err := fs.ReadDir(files, ".")
	d.SnapshottersErr = err
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), l.snapshotters)
		if !ok || l.exact == (name != "") || !isDirectory(files, e) {
			continue
		}
		d.Snapshotters = append(d.Snapshotters, openSnapshotter(files, name, e.Name()))
	}
	return d
}

// isDirectory follows symbolic links: an operator may have moved a snapshotter to another disk.
func isDirectory(files fs.FS, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := fs.Stat(files, e.Name())
	return err == nil && info.IsDir()
}

func subdirectory(files fs.FS, name string) (fs.FS, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a directory")}
	}
	return fs.Sub(files, name)
}

func openSnapshotter(files fs.FS, name, dir string) *Snapshotter {
	s := &Snapshotter{Name: name, Path: dir}
	if s.Files, s.Err = subdirectory(files, dir); s.Err != nil {
		return s
	}
	db, err := boltfile.OpenFS(files, path.Join(dir, StorageFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.Err = ErrNoRecords
	case err != nil:
		s.Err = err
	default:
		s.Records, s.Err = records(db)
	}
	return s
}

// OpenRecords returns a snapshotter of which only the database is at hand.
func OpenRecords(name string, db *memkv.DB) (*Snapshotter, error) {
	r, err := records(db)
	if err != nil {
		return nil, err
	}
	return &Snapshotter{Name: name, Records: r}, nil
}

// OpenSnapshotter returns the snapshotter in a directory of its own, for example that of a remote snapshotter, which
// keeps its files outside containerd's root.
func OpenSnapshotter(name string, files fs.FS) *Snapshotter { return openSnapshotter(files, name, ".") }

func records(db *memkv.DB) (s *storage.Snapshotter, err error) {
	viewErr := db.View(func(tx *memkv.Tx) error {
		s, err = storage.Read(tx.Freeze())
		return nil
	})
	if viewErr != nil {
		return nil, viewErr
	}
	return s, err
}

// Snapshotter returns the snapshotter of that name, nil if the root has none.
func (d *Dir) Snapshotter(name string) *Snapshotter {
	i := slices.IndexFunc(d.Snapshotters, func(s *Snapshotter) bool { return s.Name == name || s.Name == "" })
	if i < 0 {
		return nil
	}
	return d.Snapshotters[i]
}

// Add adds a snapshotter from elsewhere. It takes the place of one with the same name.
func (d *Dir) Add(s *Snapshotter) {
	d.Snapshotters = slices.DeleteFunc(d.Snapshotters, func(other *Snapshotter) bool { return other.Name == s.Name })
	d.Snapshotters = append(d.Snapshotters, s)
	slices.SortFunc(d.Snapshotters, func(a, b *Snapshotter) int { return strings.Compare(a.Name, b.Name) })
}

// snapshotDirs are the directories of snapshots: all snapshotters but btrfs have snapshots/ alone.
var snapshotDirs = []string{"snapshots", "active", "view"}

// Dirs returns the numbers of the directories (or files) of snapshots, in ascending order, and the names that are no
// numbers. exists is false for a snapshotter without such directories, for example devmapper.
func (s *Snapshotter) Dirs() (ids []uint64, others []string, exists bool, err error) {
	if s.Files == nil {
		return nil, nil, false, s.Err
	}
	for _, dir := range snapshotDirs {
		entries, err := fs.ReadDir(s.Files, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, false, err
		}
		exists = true
		for _, e := range entries {
			if id, ok := parseID(e.Name()); ok {
				ids = append(ids, id)
			} else {
				others = append(others, e.Name())
			}
		}
	}
	slices.Sort(ids)
	return ids, others, exists, nil
}

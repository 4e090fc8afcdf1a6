package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// A source is the input of a verb: a database file, with the node's directory around it if there is one.
type source struct {
	path  string       // of the database file, or "-"
	root  string       // the directory of the node; "" without one
	disk  *nodedir.Dir // nil if only the file was given
	files fs.FS        // an archive that has the database at disk.Database; nil if path is a file of its own

	previous bool               // read the state before the last transaction
	salvage  *boltfile.Salvage  // not nil: read a damaged file as far as possible
	scavenge *boltfile.Scavenge // not nil: search unreferenced pages for old records
	force    bool               // accept that records are lost
}

// A disk holds the flags that name the parts of a node which are not in the metadata database.
type disk struct {
	root         string
	snapshotters []string

	previous, salvage, force bool
}

func (d *disk) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.root, "root", "", "read the content store and the snapshotters below `DIR`, the daemon's root directory\n"+
		"(default: the directory that META.DB lies in)")
	f.StringArrayVar(&d.snapshotters, "snapshotter", nil, "read a snapshotter outside the root: `NAME=DIR` or NAME=METADATA.DB (repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("snapshotter", completeSnapshotter)
	d.addDamageFlags(cmd)
}

// addDamageFlags adds the flags that say how a damaged file is read.
func (d *disk) addDamageFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&d.previous, "previous", false, "read the state before the last transaction, for a damaged file")
	f.BoolVar(&d.salvage, "salvage", false, "read a damaged file as far as possible; the answer says which buckets lack something")
	f.BoolVar(&d.force, "force", false, "with --salvage, call objects garbage even if a lost record could keep them")
}

// source finds the input of a verb. arg is a database file, "-", the root directory of a node, or "" for the usual
// places.
func (c *console) source(arg string, d disk) (s source, err error) {
	if arg == "" && d.root != "" {
		arg = d.root
	}
	if arg == "" {
		if arg, err = c.usualRoot(); err != nil {
			return s, err
		}
	}
	s.path = arg
	if isArchive(arg) {
		if s, err = sourceInArchive(arg); err != nil {
			return s, &fileError{err}
		}
	} else if info, err := os.Stat(arg); arg != stdinName && err == nil && info.IsDir() {
		if s, err = sourceInDirectory(arg); err != nil {
			return s, &fileError{err}
		}
	} else if root, ok := rootAround(arg); ok && d.root == "" {
		s.disk, _ = nodedir.OpenParts(os.DirFS(root))
		s.root = root
	}
	if d.root != "" {
		if s.disk, err = nodedir.OpenParts(os.DirFS(d.root)); err != nil {
			return s, &fileError{fmt.Errorf("--root %s: %w", d.root, err)}
		}
		s.root = d.root
	}
	s.previous, s.force = d.previous, d.force
	if d.salvage {
		s.salvage = &boltfile.Salvage{}
	}
	return s, s.addSnapshotters(d.snapshotters)
}

// readOptions returns the options with which the database is read.
func (s *source) readOptions() (options []boltfile.ReadOption) {
	if s.previous {
		options = append(options, boltfile.WithPrevious())
	}
	if s.salvage != nil {
		options = append(options, boltfile.WithSalvage(s.salvage))
	}
	if s.scavenge != nil {
		options = append(options, boltfile.WithScavenge(s.scavenge))
	}
	return options
}

// sourceInDirectory returns the database in a root directory, or in the directory of the plugin that owns it.
func sourceInDirectory(dir string) (source, error) {
	found, err := nodedir.Open(os.DirFS(dir))
	if errors.Is(err, nodedir.ErrNoRoot) {
		if root, ok := rootAround(filepath.Join(dir, "meta.db")); ok {
			found, err = nodedir.Open(os.DirFS(root))
			dir = root
		}
	}
	if err != nil {
		return source{}, fmt.Errorf("%s: %w; give the root directory of a daemon, usually /var/lib/containerd, or a meta.db", dir, err)
	}
	return source{path: filepath.Join(dir, filepath.FromSlash(found.Database)), root: dir, disk: found}, nil
}

// isArchive reports whether a name is that of an archive, as collect-files writes it.
func isArchive(name string) bool {
	return strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar")
}

func sourceInArchive(name string) (source, error) {
	f, err := os.Open(name)
	if err != nil {
		return source{}, err
	}
	defer f.Close()
	files, err := nodedir.ReadArchive(f, 0)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", name, err)
	}
	found, err := nodedir.Open(files)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w; collect-files makes an archive that has one", name, err)
	}
	return source{path: name, disk: found, files: files}, nil
}

// rootAround returns the root directory of the daemon whose metadata database lies at path.
func rootAround(path string) (root string, ok bool) {
	abs, err := filepath.Abs(path)
	if err != nil || path == stdinName {
		return "", false
	}
	dir := filepath.Dir(abs)
	switch {
	case filepath.Base(dir) == "io.containerd.metadata.v1.bolt":
		return filepath.Dir(dir), true
	case filepath.Base(abs) == "containerdmeta.db":
		return dir, true
	}
	return "", false
}

// usualRoot returns the only root directory at the usual places of this machine, and tells the user about it.
func (c *console) usualRoot() (string, error) {
	if runtime.GOOS != "linux" {
		return "", errors.New("META.DB is missing: give a database file or the root directory of a daemon")
	}
	home, _ := os.UserHomeDir()
	found, refused := nodedir.Find(os.DirFS("/"), home)
	switch {
	case len(found) == 1:
		fmt.Fprintf(c.err, "holdfast: reading %s (%s)\n", found[0].Path, found[0].Owner)
		return found[0].Path, nil
	case len(found) > 1:
		return "", fmt.Errorf("META.DB is missing, and this machine has several roots; give one of them:%s", rootList(found))
	case len(refused) > 0:
		return "", &fileError{fmt.Errorf("no permission to read the data of a daemon; run as root:%s", rootList(refused))}
	}
	var places []string
	for _, p := range nodedir.Places {
		places = append(places, p.Pattern)
	}
	return "", fmt.Errorf("META.DB is missing, and none of the usual places has one (%s)", strings.Join(places, ", "))
}

func rootList(roots []nodedir.Found) string {
	var b strings.Builder
	for _, r := range roots {
		fmt.Fprintf(&b, "\n  %s (%s)", r.Path, r.Owner)
	}
	return b.String()
}

// addSnapshotters adds the snapshotters of --snapshotter.
func (s *source) addSnapshotters(specs []string) error {
	for _, spec := range specs {
		name, path, ok := strings.Cut(spec, "=")
		if !ok || name == "" || path == "" {
			return fmt.Errorf("--snapshotter %q: must be NAME=DIR or NAME=METADATA.DB", spec)
		}
		snapshotter, err := openSnapshotter(name, path)
		if err != nil {
			return &fileError{fmt.Errorf("--snapshotter %s: %w", name, err)}
		}
		if s.disk == nil {
			s.disk = &nodedir.Dir{ContentErr: errors.New("its directory was not given")}
		}
		s.disk.Add(snapshotter)
	}
	return nil
}

func openSnapshotter(name, path string) (*nodedir.Snapshotter, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		s := nodedir.OpenSnapshotter(name, os.DirFS(path))
		if errors.Is(s.Err, fs.ErrPermission) {
			return nil, s.Err
		}
		return s, nil
	}
	db, err := boltfile.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := nodedir.OpenRecords(name, db)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// read reads the database of a source.
func (c *console) read(s source) (*memkv.DB, error) {
	if s.files == nil {
		return c.readDatabase(s.path, s.readOptions()...)
	}
	db, err := boltfile.OpenFS(s.files, s.disk.Database, s.readOptions()...)
	if err != nil {
		return nil, damaged(fmt.Errorf("%s: %w", s.path, err))
	}
	return db, nil
}

// examineSource opens the database of a source for questions.
func (c *console) examineSource(s source, q *question) (*examine.Database, error) {
	o, err := q.options()
	if err != nil {
		return nil, err
	}
	db, err := c.read(s)
	if err != nil {
		return nil, err
	}
	o.Disk = s.disk
	if s.salvage != nil {
		o.Lost, o.AcceptLost = examine.LostParts(s.salvage), s.force
	}
	if q.measure {
		if s.disk == nil {
			return nil, errors.New("--measure: give the root directory of the node in place of META.DB, or --root DIR")
		}
		if o.Usage == nil {
			o.Usage = examine.NewUsage()
		}
		o.Usage.AddDisk(s.disk)
		if err := c.measure(o.Usage, s.disk); err != nil {
			return nil, err
		}
	}
	d, err := examine.Open(db, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.path, err)
	}
	if lines := o.Usage.Unmatched(db); len(lines) > 0 && q.usage != "" {
		fmt.Fprintf(c.err, "holdfast: --usage %s: %s no snapshot: %s\n", q.usage,
			plural(len(lines), "line names", "lines name"), strings.Join(lines[:min(len(lines), 5)], "; "))
	}
	return d, nil
}

// measure walks the directories of all snapshots without a recorded size.
func (c *console) measure(u *examine.Usage, disk *nodedir.Dir) error {
	defer c.ctrlC.graceful()()
	p := newCountProgress(c.err, "measuring")
	m, err := u.Measure(c.ctx, disk, p.show)
	p.end()
	if err != nil {
		return err
	}
	if m.Missing+m.Skipped > 0 {
		fmt.Fprintf(c.err, "holdfast: --measure: %s without a directory, %s unreadable\n",
			plural(m.Missing, "snapshot", "snapshots"), plural(m.Skipped, "file", "files"))
	}
	return nil
}

// splitSource separates the optional database argument from the other arguments of a verb, of which there are count.
func splitSource(args []string, count int) (db string, rest []string) {
	if len(args) > count {
		return args[0], args[1:]
	}
	return "", args
}

// openSource is source and examineSource for a verb with count other arguments.
func (c *console) openSource(args []string, count int, q *question) (*examine.Database, []string, error) {
	arg, rest := splitSource(args, count)
	s, err := c.source(arg, q.disk)
	if err != nil {
		return nil, nil, err
	}
	d, err := c.examineSource(s, q)
	return d, slices.Clone(rest), err
}

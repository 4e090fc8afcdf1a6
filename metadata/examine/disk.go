package examine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// AddDisk adds the sizes that the snapshotters of a node have recorded. It does not change sizes that the Usage already
// has.
func (u *Usage) AddDisk(disk *nodedir.Dir) {
	for _, s := range disk.Snapshotters {
		if s.Records == nil {
			continue
		}
		for snapshot := range s.Records.All() {
			name := snapshotName{s.Name, snapshot.Name}
			if _, ok := u.sizes[name]; !ok && snapshot.Sized {
				u.sizes[name] = snapshot.Size
			}
		}
	}
}

// A Measurement is the result of [Usage.Measure].
type Measurement struct {
	Snapshots int // number of measured snapshots
	Missing   int // number of snapshots without a directory
	Skipped   int // files and directories that could not be read, which the sizes leave out
}

// Measure walks the directories of all snapshots of a node with an unknown size, and adds their sizes. Unless progress
// is nil, it is called before each snapshot with the number of finished snapshots, the total number, and the directory.
// The error is that of ctx. The Usage keeps the sizes measured before the error.
func (u *Usage) Measure(ctx context.Context, disk *nodedir.Dir, progress func(done, all int, dir string)) (m Measurement, err error) {
	type task struct {
		in       *nodedir.Snapshotter
		snapshot *storage.Snapshot
	}
	var tasks []task
	for _, s := range disk.Snapshotters {
		if s.Records == nil {
			continue
		}
		for snapshot := range s.Records.All() {
			if _, ok := u.sizes[snapshotName{s.Name, snapshot.Name}]; !ok {
				tasks = append(tasks, task{s, snapshot})
			}
		}
	}
	for i, t := range tasks {
		if progress != nil {
			progress(i, len(tasks), t.in.Path+"/"+t.snapshot.Dir())
		}
		size, err := t.in.Measure(ctx, t.snapshot.ID)
		switch {
		case ctx.Err() != nil:
			return m, ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			m.Missing++
		case err != nil:
			m.Skipped++
		default:
			m.Snapshots++
			m.Skipped += size.Skipped
			u.sizes[snapshotName{t.in.Name, t.snapshot.Name}] = size.Bytes
		}
	}
	return m, nil
}

// snapshotNode returns the snapshot that a name of its snapshotter stands for: the snapshotter's key, for example
// "k8s.io/5/c1", or its directory, "snapshots/1384", with anything before or after that in the path. A directory is
// known if the disk is at hand.
func (d *Database) snapshotNode(name string) (gc.Node, bool) {
	id, isDir := directoryID(name)
	if isDir && d.options.Disk == nil {
		return gc.Node{}, false
	}
	v1, _ := d.frozen.Bucket("v1")
	for namespace, ns := range v1.All() {
		snapshotters, _ := ns.Bucket().Bucket("snapshots")
		for snapshotter, records := range snapshotters.All() {
			want := name
			if isDir {
				s := d.options.Disk.Snapshotter(snapshotter)
				if s == nil || s.Records == nil || s.Records.ByID(id) == nil {
					continue
				}
				if s.Path != "" && strings.Contains(name, "io.containerd.snapshotter.v1.") && !strings.Contains(name, s.Path+"/") {
					continue
				}
				want = s.Records.ByID(id).Name
			}
			for key, record := range records.Bucket().All() {
				if string(record.Bucket().Get("name")) == want {
					return gc.Node{Type: metadata.ResourceSnapshot, Namespace: namespace, Key: snapshotter + "/" + key}, true
				}
			}
		}
	}
	return gc.Node{}, false
}

// directoryID returns the number of a snapshot's directory in a path.
func directoryID(name string) (uint64, bool) {
	_, rest, ok := strings.Cut("/"+name, "/snapshots/")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseUint(number, 10, 64)
	return id, err == nil
}

// An orphan is a snapshot of a snapshotter without a record in the metadata.
type orphan struct {
	snapshotter *nodedir.Snapshotter
	snapshot    *storage.Snapshot
}

// orphans returns the snapshots on disk without a record in the metadata, by snapshotter and name.
func orphans(db memkv.Frozen, disk *nodedir.Dir) (list []orphan) {
	known := map[string]map[string]bool{} // by snapshotter, then by the snapshotter's name of the snapshot
	v1, _ := db.Bucket("v1")
	for _, namespace := range v1.All() {
		snapshotters, _ := namespace.Bucket().Bucket("snapshots")
		for name, records := range snapshotters.All() {
			for _, record := range records.Bucket().All() {
				s := disk.Snapshotter(name)
				if s == nil {
					continue
				}
				if known[s.Name] == nil {
					known[s.Name] = map[string]bool{}
				}
				known[s.Name][string(record.Bucket().Get("name"))] = true
			}
		}
	}
	for _, s := range disk.Snapshotters {
		if s.Records == nil {
			continue
		}
		for snapshot := range s.Records.All() {
			if !known[s.Name][snapshot.Name] {
				list = append(list, orphan{s, snapshot})
			}
		}
	}
	return list
}

// unknown returns the total of snapshots and blobs without a record in the metadata. The notes name the parts of the
// disk that cannot be read.
func (d *Database) unknown() (p Part, notes []string) {
	disk := d.options.Disk
	for _, o := range orphans(d.frozen, disk) {
		size, ok := d.usage.size(o.snapshotter.Name, o.snapshot.Name, o.snapshot.Name)
		p.add(Part{Bytes: size, Objects: 1})
		if !ok {
			p.UnsizedSnapshots++
		}
	}
	for _, s := range disk.Snapshotters {
		if s.Records == nil {
			notes = append(notes, fmt.Sprintf("snapshotter %s: %v; sizes of its snapshots are unknown", s.Name, s.Err))
		}
	}
	if disk.Content == nil {
		return p, append(notes, fmt.Sprintf("the content store cannot be read: %v", disk.ContentErr))
	}
	stored := map[string]bool{}
	v1, _ := d.frozen.Bucket("v1")
	for _, namespace := range v1.All() {
		blobs, _ := namespace.Bucket().BucketAt("content", "blob")
		for digest := range blobs.All() {
			stored[digest] = true
		}
	}
	for blob, err := range Dir(disk.Content).All() {
		if err != nil {
			return p, append(notes, fmt.Sprintf("the content store cannot be read completely: %v", err))
		}
		if !stored[blob.Digest] {
			p.add(Part{Bytes: blob.Size, Objects: 1})
		}
	}
	return p, notes
}

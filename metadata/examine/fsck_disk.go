package examine

import (
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// disk compares the metadata with the snapshotters of a node. Snapshotters that cannot be read become entries of
// NotChecked.
func (c *checker) disk(disk *nodedir.Dir, usage *Usage) {
	named := map[string]bool{}
	for r := range c.records(metadata.ResourceSnapshot) {
		named[r.path[len(r.path)-2]] = true
	}
	for name := range named {
		s := disk.Snapshotter(name)
		switch {
		case s == nil:
			c.notChecked("snapshotter " + name + ": the root directory has none of that name; --snapshotter NAME=DIR selects it")
		case s.Records == nil:
			c.notChecked(fmt.Sprintf("snapshotter %s: %v", name, s.Err))
		default:
			c.snapshotter(name, s)
		}
	}
	for _, o := range orphans(c.db, disk) {
		size := "unknown size"
		if bytes, ok := usage.size(o.snapshotter.Name, o.snapshot.Name, o.snapshot.Name); ok {
			size = fmt.Sprintf("%d bytes", bytes)
		}
		detail := fmt.Sprintf("%s snapshot of %s, in the directory %s", kindText(o.snapshot.Kind), size, o.snapshot.Dir())
		c.find(checkSnapshotOrphan, snapshotterName(o.snapshotter)+" "+nameText(o.snapshot.Name), detail)
	}
	for _, s := range disk.Snapshotters {
		if s.Records != nil {
			c.storageRecords(s)
			c.directories(s)
		}
	}
}

func snapshotterName(s *nodedir.Snapshotter) string {
	if s.Name == "" {
		return s.Path
	}
	return s.Name
}

func kindText(k snapshots.Kind) string {
	switch k {
	case snapshots.KindActive:
		return "active"
	case snapshots.KindView:
		return "view"
	case snapshots.KindCommitted:
		return "committed"
	}
	return "unknown"
}

// snapshotter compares the snapshots of the metadata with the snapshotter's records.
func (c *checker) snapshotter(name string, s *nodedir.Snapshotter) {
	for r := range c.records(metadata.ResourceSnapshot) {
		if r.path[len(r.path)-2] != name {
			continue
		}
		there := s.Records.Lookup(r.text("name"))
		if there == nil {
			c.find(checkSnapshotLost, r.name(), fmt.Sprintf("%s has no snapshot %q", name, r.text("name")))
			continue
		}
		c.sameParent(r, there)
		if children, _ := r.Bucket("children"); there.Kind != snapshots.KindCommitted && there.Damage == nil && c.hasChild(r) {
			c.find(checkSnapshotKind, r.name(), fmt.Sprintf("it has %d children, but is an %s snapshot in %s", children.Len(), kindText(there.Kind), name))
		}
	}
}

// hasChild reports whether another snapshot has r as its parent.
func (c *checker) hasChild(r *record) bool {
	children, _ := r.Bucket("children")
	for key := range children.All() {
		if child := c.sibling(r, key); child != nil && child.text("parent") == r.path[len(r.path)-1] {
			return true
		}
	}
	return false
}

// sameParent compares the parent in the metadata with that in the snapshotter, which has another name there.
func (c *checker) sameParent(r *record, there *storage.Snapshot) {
	want := ""
	if parent := r.text("parent"); parent != "" {
		above := c.sibling(r, parent)
		if above == nil {
			return // reported as parent-missing
		}
		want = above.text("name")
	}
	if want != there.Parent {
		c.find(checkSnapshotParent, r.name(), fmt.Sprintf("its parent is %q in the metadata, but %q in the snapshotter", want, there.Parent))
	}
}

// storageRecords checks the snapshotter's own records.
func (c *checker) storageRecords(s *nodedir.Snapshotter) {
	file := nodedir.StorageFile
	if s.Path != "" && s.Path != "." {
		file = shellQuote(path.Join(c.root, s.Path, file))
	}
	for snapshot := range s.Records.All() {
		detail := ""
		switch {
		case snapshot.Damage != nil:
			detail = snapshot.Damage.Error()
		case snapshot.Parent != "" && s.Records.Lookup(snapshot.Parent) == nil:
			detail = fmt.Sprintf("its parent %q does not exist in the snapshotter", snapshot.Parent)
		case !s.Records.Linked(snapshot):
			detail = "the bucket of parents does not have it"
		default:
			continue
		}
		name := snapshotterName(s) + " " + nameText(snapshot.Name)
		c.findWith(checkSnapshotRecord, name, detail, dropCommand(file, []string{"v1", "snapshots", snapshot.Name}))
	}
}

// directories compares the snapshotter's records with its directories.
func (c *checker) directories(s *nodedir.Snapshotter) {
	ids, others, exists, err := s.Dirs()
	if err != nil && s.Files != nil {
		c.notChecked(fmt.Sprintf("directories of snapshotter %s: %v", snapshotterName(s), err))
		return
	}
	if !exists {
		return
	}
	there := map[uint64]bool{}
	for _, id := range ids {
		there[id] = true
		if s.Records.ByID(id) == nil {
			c.find(checkDirectoryOrphan, snapshotterName(s)+" snapshots/"+strconv.FormatUint(id, 10), "no record has this number")
		}
	}
	for _, name := range others {
		c.find(checkDirectoryLeftover, snapshotterName(s)+" snapshots/"+nameText(name), "a directory of an interrupted creation or removal")
	}
	for snapshot := range s.Records.All() {
		if snapshot.ID != 0 && !there[snapshot.ID] {
			c.find(checkDirectoryMissing, snapshotterName(s)+" "+nameText(snapshot.Name), fmt.Sprintf("the directory %s does not exist", snapshot.Dir()))
		}
	}
}

// notChecked notes a part that was not looked at.
func (c *checker) notChecked(part string) { c.NotChecked = append(c.NotChecked, part) }

// contentNotChecked says why the content store was not looked at.
func contentNotChecked(disk *nodedir.Dir) string {
	if disk == nil {
		return "content: give the root directory of the node"
	}
	err := disk.ContentErr
	if err == nil {
		err = errors.New("its directory was not given")
	}
	return fmt.Sprintf("content: %v", err)
}

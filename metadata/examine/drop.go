package examine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// drop deletes the entries of db with the given names: paths as findings and [Inspect] have them, or nodes. It is for
// entries that no call of containerd deletes. A snapshot leaves the list of its parent's children. In the database of a
// snapshotter, the descendants of a deleted snapshot are deleted too, because the snapshotter refuses to remove
// snapshots without their parents.
//
// It returns the paths of the deleted entries, sorted. If a name is not found, db is unchanged.
func drop(db *memkv.DB, names []string) (dropped []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	var paths [][]string
	for _, name := range names {
		path, err := locateQuoted(frozen, name)
		if err != nil {
			return nil, fmt.Errorf("drop %s: %w", name, err)
		}
		paths = append(paths, path)
	}
	if storage.Is(frozen) {
		paths = withDescendants(frozen, paths)
	}
	err = db.Update(func(tx *memkv.Tx) error {
		for _, path := range paths {
			if err := dropEntry(tx, path); err != nil {
				return fmt.Errorf("drop %s: %w", pathText(path), err)
			}
			dropped = append(dropped, pathText(path))
		}
		return unlink(tx, paths)
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(dropped)
	return slices.Compact(dropped), nil
}

// locateQuoted is locate for a path whose names may be quoted, as findings print them.
func locateQuoted(db memkv.Frozen, name string) ([]string, error) {
	for e := range schema.Entries(db) {
		if (e.Bucket || e.Value != nil) && pathText(e.Path) == name {
			return e.Path, nil
		}
	}
	path, err := locate(db, name)
	if err == nil && path == nil {
		err = fmt.Errorf("the path is empty")
	}
	return path, err
}

// dropEntry deletes a bucket or a value, unless it is gone already.
func dropEntry(tx *memkv.Tx, path []string) error {
	parent, last := tx.BucketAt(path[:len(path)-1]...), []byte(path[len(path)-1])
	switch {
	case parent == nil:
		return nil
	case parent.Bucket(last) != nil:
		return parent.DeleteBucket(last)
	}
	return parent.Delete(last)
}

// unlink deletes the references to dropped snapshots from the lists of children.
func unlink(tx *memkv.Tx, paths [][]string) error {
	for _, path := range paths {
		last := len(path) - 1
		if last < 1 {
			continue
		}
		if siblings := tx.BucketAt(path[:last]...); siblings != nil && isSnapshotPath(path) {
			for _, other := range bucketNames(siblings.Freeze()) {
				if children := siblings.Bucket([]byte(other)).Bucket([]byte(schema.KeyChildren)); children != nil {
					if err := children.Delete([]byte(path[last])); err != nil {
						return err
					}
				}
			}
		}
		if links := tx.BucketAt("v1", "parents"); links != nil && storage.Is(tx.Freeze()) && path[last-1] == "snapshots" {
			for key, e := range links.Freeze().All() {
				if e.Text() != path[last] {
					continue
				}
				if err := links.Delete([]byte(key)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// isSnapshotPath reports whether a path is that of a snapshot's record in containerd's metadata.
func isSnapshotPath(path []string) bool {
	if len(path) != 5 {
		return false
	}
	n := gc.Node{Type: metadata.ResourceSnapshot, Namespace: path[1], Key: path[3] + "/" + path[4]}
	return slices.Equal(schema.RecordPath(n), path)
}

func bucketNames(b memkv.Frozen) (names []string) {
	for name, e := range b.All() {
		if e.IsBucket() {
			names = append(names, name)
		}
	}
	return names
}

// withDescendants adds the descendants of the snapshots among paths, in the database of a snapshotter.
func withDescendants(db memkv.Frozen, paths [][]string) [][]string {
	all, _ := db.BucketAt("v1", "snapshots")
	below := map[string][]string{}
	for _, name := range bucketNames(all) {
		record, _ := all.Bucket(name)
		below[string(record.Get("parent"))] = append(below[string(record.Get("parent"))], name)
	}
	seen := map[string]bool{}
	for i := 0; i < len(paths); i++ {
		path := paths[i]
		name := path[len(path)-1]
		if len(path) != 3 || strings.Join(path[:2], "/") != "v1/snapshots" || seen[name] {
			continue
		}
		seen[name] = true
		for _, child := range below[name] {
			paths = append(paths, []string{"v1", "snapshots", child})
		}
	}
	return paths
}

package examine

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata"
)

// snapshots checks that the parents of snapshots exist, and that their lists of children agree.
func (c *checker) snapshots() {
	ancestors := cycleFinder{c: c, walked: map[string]int{}}
	for r := range c.records(metadata.ResourceSnapshot) {
		if snapshotter := r.path[len(r.path)-2]; strings.Contains(snapshotter, "/") {
			c.findWith(checkSnapshotterName, r.name(), fmt.Sprintf("the name of the snapshotter %q contains a \"/\"", snapshotter), []string{
				fmt.Sprintf("ctr -n %s snapshots --snapshotter %s rm %s", shellQuote(r.path[1]), shellQuote(snapshotter), shellQuote(r.path[4])),
			})
		}
		c.parent(r)
		c.children(r)
		for _, member := range ancestors.cycle(r) {
			c.find(checkParentCycle, member.name(), fmt.Sprintf("the chain of parents from %q leads back to this snapshot", member.text("parent")))
		}
	}
}

// parent checks that the parent of a snapshot exists and lists it as a child.
func (c *checker) parent(r *record) {
	parent := r.text("parent")
	if parent == "" {
		return
	}
	parentRecord := c.sibling(r, parent)
	if parentRecord == nil {
		c.find(checkParentMissing, r.name(), fmt.Sprintf("the parent %q does not exist", parent))
		return
	}
	key := r.path[len(r.path)-1]
	if children, _ := parentRecord.Bucket("children"); children.Get(key) == nil {
		c.find(checkChildUnlisted, parentRecord.name(), fmt.Sprintf("%q is a child of this snapshot, but is not listed as one", key))
	}
}

// children checks that each snapshot in the list of children has this parent.
func (c *checker) children(r *record) {
	children, _ := r.Bucket("children")
	for key := range children.All() {
		if child := c.sibling(r, key); child == nil || child.text("parent") != r.path[len(r.path)-1] {
			c.find(checkChildStale, r.name(), fmt.Sprintf("%q is listed as a child, but is not a child of this snapshot", key))
		}
	}
}

// sibling returns the snapshot of the same snapshotter and namespace with another key, or nil.
func (c *checker) sibling(r *record, key string) *record {
	last := len(r.path) - 1
	path := append(r.path[:last:last], key)
	b, ok := c.db.BucketAt(path...)
	if !ok {
		return nil
	}
	n := r.node
	n.Key = path[last-1] + "/" + key
	return &record{b, n, path}
}

// A cycleFinder walks up the parents of snapshots and finds cycles.
//
// Invariant: walked[p] is the number of the first walk that visited path p, from 1 to walks; 0 if no walk did. A walk
// stops at a snapshot that an earlier walk visited, so all walks together take linear time.
type cycleFinder struct {
	c      *checker
	walks  int            // started so far
	walked map[string]int // by path
}

// cycle returns the snapshots of the cycle to which the parents of r lead. It returns nil if there is none, or if an
// earlier walk found it.
func (f *cycleFinder) cycle(r *record) []*record {
	f.walks++
	var visited []*record
	for ; r != nil; r = f.c.sibling(r, r.text("parent")) {
		at := pathText(r.path)
		switch f.walked[at] {
		case 0:
			f.walked[at] = f.walks
			visited = append(visited, r)
			continue
		case f.walks:
			for i := range visited {
				if pathText(visited[i].path) == at {
					return visited[i:]
				}
			}
		}
		return nil
	}
	return nil
}

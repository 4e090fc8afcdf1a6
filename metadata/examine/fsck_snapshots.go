package examine

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata"
)

// snapshots checks that the parents of snapshots and the lists of their children agree.
func (c *checker) snapshots() {
	chains := ancestry{c: c, walked: map[string]int{}}
	for r := range c.records(metadata.ResourceSnapshot) {
		if snapshotter := r.path[len(r.path)-2]; strings.Contains(snapshotter, "/") {
			c.find("snapshotter-name", r.name(), fmt.Sprintf("the snapshotter %q has a \"/\" in its name", snapshotter))
		}
		c.parent(r)
		c.children(r)
		for _, looped := range chains.loop(r) {
			c.find("parent-cycle", looped.name(), fmt.Sprintf("its parents, from %q on, lead back to it", looped.text("parent")))
		}
	}
}

// parent checks that the parent of a snapshot exists and knows of it.
func (c *checker) parent(r *record) {
	parent := r.text("parent")
	if parent == "" {
		return
	}
	above := c.beside(r, parent)
	if above == nil {
		c.find("parent-missing", r.name(), fmt.Sprintf("its parent %q does not exist", parent))
		return
	}
	key := r.path[len(r.path)-1]
	if children, _ := above.Bucket("children"); children.Get(key) == nil {
		c.find("child-unlisted", above.name(), fmt.Sprintf("%q has it as its parent, but is not among its children", key))
	}
}

// children checks that what a snapshot lists as its children are that.
func (c *checker) children(r *record) {
	children, _ := r.Bucket("children")
	for key := range children.All() {
		if child := c.beside(r, key); child == nil || child.text("parent") != r.path[len(r.path)-1] {
			c.find("child-stale", r.name(), fmt.Sprintf("%q is among its children, but is not one", key))
		}
	}
}

// beside returns the snapshot of the same snapshotter with another key, nil if there is none.
func (c *checker) beside(r *record, key string) *record {
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

// An ancestry walks up the parents of snapshots, each way once.
type ancestry struct {
	c      *checker
	walks  int
	walked map[string]int // by path: the walk that came by
}

// loop returns the snapshots of a cycle to which the parents of r lead, if no walk was there before.
func (a *ancestry) loop(r *record) []*record {
	a.walks++
	var way []*record
	for ; r != nil; r = a.c.beside(r, r.text("parent")) {
		at := pathText(r.path)
		switch a.walked[at] {
		case 0:
			a.walked[at] = a.walks
			way = append(way, r)
			continue
		case a.walks:
			for i := range way {
				if pathText(way[i].path) == at {
					return way[i:]
				}
			}
		}
		return nil
	}
	return nil
}

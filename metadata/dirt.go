package metadata

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
)

// dirt records what deletions leave for a collection to do. It is written
// inside transactions, also those of a caller's own, so that it also records
// what is then rolled back.
type dirt struct {
	mu sync.Mutex // held for moments only

	// deletions counts deletions since the last collection.
	deletions int

	// content and snapshotters name the backends that may hold what no
	// metadata names.
	content      bool
	snapshotters map[string]struct{}
}

// any reports whether there was a deletion since the last collection.
func (d *dirt) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.deletions > 0
}

// removed notes a deletion that touches no backend.
func (d *dirt) removed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deletions++
}

// removedContent notes a deletion after which the content backend may hold
// bytes that nothing names.
func (d *dirt) removedContent() {
	d.removed()
	d.markContent()
}

// removedSnapshot is removedContent for the snapshotter of that name.
func (d *dirt) removedSnapshot(snapshotter string) {
	d.removed()
	d.markSnapshotter(snapshotter)
}

func (d *dirt) markContent() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content = true
}

func (d *dirt) markSnapshotter(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshotters == nil {
		d.snapshotters = map[string]struct{}{}
	}
	d.snapshotters[name] = struct{}{}
}

// markRemoved marks the backends of resources that a collection removes.
func (d *dirt) markRemoved(removed []gc.Node) {
	for _, n := range removed {
		switch n.Type {
		case ResourceSnapshot:
			snapshotter, _, _ := strings.Cut(n.Key, "/")
			d.markSnapshotter(snapshotter)
		case ResourceContent, ResourceIngest:
			d.markContent()
		}
	}
}

// take returns which backends are to be cleaned, the snapshotters sorted, and
// forgets everything: a collection has taken it over.
func (d *dirt) take() (content bool, snapshotters []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	content, snapshotters = d.content, slices.Sorted(maps.Keys(d.snapshotters))
	d.deletions, d.content, d.snapshotters = 0, false, nil
	return content, snapshotters
}

// inherit has d record what from does, and nothing else.
func (d *dirt) inherit(from *dirt) {
	from.mu.Lock()
	defer from.mu.Unlock()
	d.deletions, d.content, d.snapshotters = from.deletions, from.content, maps.Clone(from.snapshotters)
}

// stayDirty calls mark, which notes a backend that may hold what nothing names
// for another reason than a deletion.
func (m *DB) stayDirty(mark func()) {
	if !m.opts.cleanupOnce {
		mark()
	}
}

// doubt is stayDirty after a call that had a backend make something: if the
// call failed with err, or takes part in a transaction of the caller's own, which
// may yet be rolled back, then perhaps nothing will ever name that.
func (m *DB) doubt(ctx context.Context, err error, mark func()) {
	if _, open := boltutil.Transaction(ctx); open || err != nil {
		m.stayDirty(mark)
	}
}

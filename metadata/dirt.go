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

	// made is what calls that took part in callers' own transactions had
	// backends make since the last collection. Such a transaction may still be
	// open, and nothing that is committed name it.
	made map[backendPart]struct{}
}

// backendPart is something that a backend has: a snapshot, a blob or an ingest.
type backendPart struct {
	snapshotter string // "": it is content
	key         string
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
// forgets everything: a collection has taken it over. No writing transaction may
// be open.
func (d *dirt) take() (content bool, snapshotters []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	content, snapshotters = d.content, slices.Sorted(maps.Keys(d.snapshotters))
	d.deletions, d.content, d.snapshotters, d.made = 0, false, nil, nil
	return content, snapshotters
}

// make notes a part that was made in a transaction of the caller's own.
func (d *dirt) make(p backendPart) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil {
		d.made = map[backendPart]struct{}{}
	}
	d.made[p] = struct{}{}
}

// maybeNamed calls keep for what of a backend may yet come to be named.
func (d *dirt) maybeNamed(snapshotter string, keep func(key string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p := range d.made {
		if p.snapshotter == snapshotter {
			keep(p.key)
		}
	}
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

// doubt follows a call that had a backend make something: if the call failed
// with err, or takes part in a transaction of the caller's own, which may yet be
// rolled back, then perhaps nothing will ever name that, and the backend is dirty.
// Until that transaction can no longer be open, it is not cleaned of it either.
func (m *DB) doubt(ctx context.Context, err error, p backendPart) {
	_, open := boltutil.Transaction(ctx)
	if open {
		m.dirt.make(p)
	}
	switch {
	case !open && err == nil:
	case p.snapshotter == "":
		m.stayDirty(m.dirt.markContent)
	default:
		m.stayDirty(func() { m.dirt.markSnapshotter(p.snapshotter) })
	}
}

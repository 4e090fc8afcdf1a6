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

// dirt records the work that is left for the next collection. Transactions write it before they commit, including
// callers' own transactions. It may therefore report work for a transaction that is rolled back, and never misses any.
//
// Invariants, where "unnamed" data is data in a backend that no committed record names:
//   - deletions counts the deletions that may release resources since the last collection.
//   - Without WithCleanupOnce, between calls, content is true if the content backend may hold unnamed data, and
//     snapshotters contains each snapshotter that may hold unnamed snapshots, other than those that it refused to remove.
//   - suspects contains each unnamed part, or says that the unnamed parts of a backend are not known. Unlike the marks,
//     it does not depend on WithCleanupOnce.
//   - made contains each part that a backend stored during a caller's own transaction since the last collection. That
//     transaction may still be open, and cleaning spares the part.
type dirt struct {
	mu sync.Mutex // guards all fields

	deletions    int
	content      bool
	snapshotters map[string]struct{}
	made         map[backendPart]struct{}

	suspects   map[string]*suspects // by snapshotter, "" for content
	walkAlways bool                 // see WithCompleteCleanup; not changed after NewDB
}

// backendPart identifies a snapshot, a blob or an ingest in its backend.
type backendPart struct {
	snapshotter string // "" for content
	key         string // the backend's key, digest or reference
	ingest      bool   // key is an ingest's reference
}

// any reports whether there was a deletion since the last collection.
func (d *dirt) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.deletions > 0
}

// removed counts a deletion that affects no backend.
func (d *dirt) removed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deletions++
}

// removedPart counts the deletion of a record that named p, and marks the backend for cleaning.
func (d *dirt) removedPart(p backendPart) {
	d.removed()
	d.suspect(p)
	if p.snapshotter == "" {
		d.markContent()
	} else {
		d.markSnapshotter(p.snapshotter)
	}
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

// markRemoved marks the backends of the resources that a collection removes. It suspects no part.
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

// take resets d and returns the backends that the calling collection must clean, with snapshotters sorted. No writing
// transaction may be open.
func (d *dirt) take() (content bool, snapshotters []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	content, snapshotters = d.content, slices.Sorted(maps.Keys(d.snapshotters))
	if content {
		d.hand("")
	}
	for _, name := range snapshotters {
		d.hand(name)
	}
	d.deletions, d.content, d.snapshotters, d.made = 0, false, nil, nil
	return content, snapshotters
}

// make records a part that was stored during a caller's own transaction.
func (d *dirt) make(p backendPart) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil {
		d.made = map[backendPart]struct{}{}
	}
	d.made[p] = struct{}{}
}

// inherit replaces the contents of d by the deletions, marks and suspects of from.
func (d *dirt) inherit(from *dirt) {
	from.mu.Lock()
	defer from.mu.Unlock()
	d.deletions, d.content, d.snapshotters = from.deletions, from.content, maps.Clone(from.snapshotters)
	d.suspects = map[string]*suspects{}
	for name, s := range from.suspects {
		d.suspects[name] = s.clone()
		if from.walkAlways { // it noted no suspects
			d.suspects[name].known = false
		}
	}
}

// stayDirty calls mark, unless WithCleanupOnce is set. mark marks a backend that may hold unnamed data for another
// reason than a deletion.
func (m *DB) stayDirty(mark func()) {
	if !m.opts.cleanupOnce {
		mark()
	}
}

// doubt is called after a call made a backend store part p. If the call failed with err, or runs in a caller's
// transaction that may be rolled back, no record may ever name p, and doubt marks the backend for cleaning. In a
// caller's transaction it also protects p from cleaning while that transaction may be open.
func (m *DB) doubt(ctx context.Context, err error, p backendPart) {
	_, open := boltutil.Transaction(ctx)
	if open {
		m.dirt.make(p)
	}
	if open || err != nil {
		m.dirt.suspect(p)
	}
	switch {
	case !open && err == nil:
	case p.snapshotter == "":
		m.stayDirty(m.dirt.markContent)
	default:
		m.stayDirty(func() { m.dirt.markSnapshotter(p.snapshotter) })
	}
}

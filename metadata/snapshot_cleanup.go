package metadata

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// garbageCollect removes the snapshots that no namespace names from the backend, children before their parents and
// siblings in ascending order. It walks the backend, or looks only at the suspects. It then calls Cleanup on a backend
// that is a snapshots.Cleaner. It returns the duration. After an error, for example a cancelled ctx, some snapshots may
// remain.
func (s *snapshotter) garbageCollect(ctx context.Context) (time.Duration, error) {
	start := s.db.opts.stopwatch()
	pruned, err := s.prune(ctx)
	if err != nil || !pruned {
		return 0, err
	}
	// No call can reach the pruned snapshots any more: run Cleanup without the lock.
	if err := s.Cleanup(ctx); err != nil && !errdefs.IsNotImplemented(err) {
		s.db.dirt.suspectAll(s.name)
		return 0, err
	}
	return s.db.opts.stopwatch.since(start), nil
}

// prune removes the unnamed snapshots. Writers wait for it only while it removes a few of them. It returns false if the
// backend has never held a snapshot: backends on containerd's snapshot storage then fail Walk with NotFound.
func (s *snapshotter) prune(ctx context.Context) (pruned bool, err error) {
	walk, suspected := s.db.dirt.begin(s.name)
	var p pruning
	if walk {
		p, pruned, err = s.walk(ctx)
	} else {
		p, err = s.lookUp(ctx, suspected)
		pruned = true
	}
	remain := p.remain
	for slice := range slices.Chunk(p.candidates, cleaningSlice) {
		if err != nil {
			break
		}
		var open []backendPart
		open, err = s.pruneSlice(ctx, slice, p)
		remain = append(remain, open...)
	}
	s.db.dirt.end(s.name, walk, suspected, remain, err)
	return pruned && err == nil, err
}

// A pruning is what a cleaning of a snapshotter removes. Writers can make records for the candidates after it was
// found.
type pruning struct {
	candidates []backendPart // children before their parents, and siblings in ascending order
	remain     []backendPart // stay suspect: a walk would not find them
	unusual    bool          // there are records with backend keys of another form than newBackendKey's
}

// walk walks the backend beside the writers. It returns false if the backend has never held a snapshot.
func (s *snapshotter) walk(ctx context.Context) (p pruning, held bool, err error) {
	type edge struct{ parent, child string }
	var stored []edge
	var named namedSnapshots
	var walked error
	err = s.db.runAll(func() (err error) {
		named, err = s.named(ctx)
		return err
	}, func() error {
		walked = s.backend.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			stored = append(stored, edge{info.Parent, info.Name})
			return ctx.Err()
		})
		return nil
	})
	p.unusual = named.unusual
	switch {
	case err != nil:
		return p, false, err
	case errdefs.IsNotFound(walked):
		s.db.dirt.suspectAll(s.name)
		return p, false, nil
	case walked != nil:
		return p, false, walked
	}
	if slices.ContainsFunc(stored, func(e edge) bool { return !named.keys[e.child] }) {
		children := map[string][]string{}
		for _, e := range stored {
			children[e.parent] = append(children[e.parent], e.child)
		}
		p.candidates = s.unnamedBelow("", children, named.keys, nil)
	}
	return p, true, nil
}

// lookUp looks for the given parts in the backend, beside the writers.
func (s *snapshotter) lookUp(ctx context.Context, parts []backendPart) (p pruning, err error) {
	known := ancestry{s.backend, map[string]*stored{}}
	var found []*stored
	for _, part := range parts {
		at, err := known.of(ctx, part.key)
		switch {
		case errdefs.IsNotFound(err):
		case err != nil:
			return p, err
		case at == nil:
			p.remain = append(p.remain, part)
		default:
			found = append(found, at)
		}
	}
	slices.SortFunc(found, comparePaths)
	for _, at := range found {
		p.candidates = append(p.candidates, backendPart{snapshotter: s.name, key: at.key})
	}
	p.remain, err = s.unnamedOf(ctx, p.remain)
	return p, err
}

// pruneSlice removes the given snapshots, except for those that records name. It returns those that an open transaction
// may still name. Writers wait meanwhile.
func (s *snapshotter) pruneSlice(ctx context.Context, slice []backendPart, p pruning) (remain []backendPart, err error) {
	s.l.Lock()
	defer s.l.Unlock()
	unnamed, err := s.unnamedOf(ctx, slice)
	if p.unusual {
		unnamed, err = s.unnamedAmongAll(ctx, slice)
	}
	if err != nil {
		return nil, err
	}
	open := s.db.dirt.open(s.name)
	for _, part := range unnamed {
		if open[part] {
			remain = append(remain, part)
			continue
		}
		if err := s.remove(ctx, part.key); err != nil {
			if !errdefs.IsNotFound(err) {
				return nil, err
			}
			if _, lookup := s.backend.Stat(ctx, part.key); !errdefs.IsNotFound(lookup) {
				return nil, err
			} // else it was removed since the walk
		}
	}
	return remain, nil
}

// unnamedAmongAll is unnamedOf for records with any backend keys. It reads all records.
func (s *snapshotter) unnamedAmongAll(ctx context.Context, parts []backendPart) ([]backendPart, error) {
	named, err := s.named(ctx)
	return slices.DeleteFunc(slices.Clone(parts), func(p backendPart) bool { return named.keys[p.key] }), err
}

// remove removes a snapshot from the backend. A backend may refuse to remove a snapshot that it uses without the
// knowledge of the metadata. Later cleanings try again.
func (s *snapshotter) remove(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.backend.Remove(ctx, key)
	if errdefs.IsFailedPrecondition(err) {
		s.db.dirt.suspect(backendPart{snapshotter: s.name, key: key})
		return nil
	}
	return err
}

// ancestry finds snapshots in a backend, with their ancestors.
type ancestry struct {
	backend snapshots.Snapshotter
	known   map[string]*stored // by key
}

// stored is a snapshot in a backend. Its path leads from a root to it.
type stored struct {
	key    string
	parent *stored // nil for a root
	depth  int     // the number of ancestors
}

// of returns a snapshot. It fails with NotFound if the backend does not have the snapshot. It returns nil if the
// snapshot has no root, since an ancestor is missing or is its own ancestor.
func (a ancestry) of(ctx context.Context, key string) (*stored, error) {
	if s, ok := a.known[key]; ok {
		return s, nil
	}
	info, err := a.backend.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	s := &stored{key: key}
	if info.Parent != "" {
		a.known[key] = nil // ends the recursion if the snapshot is its own ancestor
		s.parent, err = a.of(ctx, info.Parent)
		if errdefs.IsNotFound(err) || err == nil && s.parent == nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		s.depth = s.parent.depth + 1
	}
	a.known[key] = s
	return s, nil
}

// comparePaths sorts siblings in ascending order, and descendants before their ancestors.
func comparePaths(a, b *stored) int {
	deeper := b.depth - a.depth
	for a.depth > b.depth {
		a = a.parent
	}
	for b.depth > a.depth {
		b = b.parent
	}
	if a == b { // one is an ancestor of the other
		return deeper
	}
	for a.parent != b.parent {
		a, b = a.parent, b.parent
	}
	return strings.Compare(a.key, b.key)
}

// unnamedOf returns the parts that no record names. Each record must have a backend key of newBackendKey, with which
// unnamedOf finds the record.
func (s *snapshotter) unnamedOf(ctx context.Context, parts []backendPart) (unnamed []backendPart, err error) {
	if len(parts) == 0 {
		return nil, nil
	}
	err = s.db.ViewContext(ctx, func(tx *memkv.Tx) error {
		records := recordBuckets{db: tx.Freeze()}
		for _, p := range parts {
			ns, key, ok := parseBackendKey(p.key)
			if ok {
				record := records.at(key, schema.KeyVersion1, ns, schema.KeySnapshots, s.name)
				ok = record.Text(schema.KeyName) == p.key
			}
			if !ok {
				unnamed = append(unnamed, p)
			}
		}
		return nil
	})
	return unnamed, err
}

// unnamedBelow appends the unnamed descendants of parent to list. children lists the children of each snapshot.
func (s *snapshotter) unnamedBelow(
	parent string, children map[string][]string, named map[string]bool, list []backendPart,
) []backendPart {
	keys := children[parent]
	delete(children, parent) // visit a snapshot that is its own parent only once
	slices.Sort(keys)
	for _, key := range keys {
		list = s.unnamedBelow(key, children, named, list)
		if !named[key] {
			list = append(list, backendPart{snapshotter: s.name, key: key})
		}
	}
	return list
}

// namedSnapshots are the backend keys that records name.
type namedSnapshots struct {
	keys    map[string]bool
	unusual bool // a key has another form than newBackendKey's
}

// named returns the backend keys that records name. If one has an unusual form, the next cleaning walks, too.
func (s *snapshotter) named(ctx context.Context) (namedSnapshots, error) {
	var named namedSnapshots
	err := s.db.ViewContext(ctx, func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		count := 0
		for _, ns := range all.All() {
			records, _ := ns.Bucket().BucketAt(schema.KeySnapshots, s.name)
			count += records.Len()
		}
		named.keys = make(map[string]bool, count)
		for namespace, ns := range all.All() {
			records, _ := ns.Bucket().BucketAt(schema.KeySnapshots, s.name)
			for slice := range inSlices(records) {
				for _, r := range slice {
					name := r.Text(schema.KeyName)
					named.keys[name] = true
					if !named.unusual {
						ns, k, ok := parseBackendKey(name)
						named.unusual = !ok || ns != namespace || k != r.key
					}
				}
			}
		}
		return nil
	})
	if named.unusual {
		s.db.dirt.suspectAll(s.name)
	}
	return named, err
}

// A keyedRecord is a record with its key.
type keyedRecord struct {
	key string
	memkv.Frozen
}

// inSlices iterates over the records in a bucket, in order. Slices of them are prefetched, and reused afterwards.
func inSlices(records memkv.Frozen) iter.Seq[[]keyedRecord] {
	return func(yield func([]keyedRecord) bool) {
		slice := make([]keyedRecord, 0, 64)
		for key, e := range records.All() {
			r := keyedRecord{key, e.Bucket()}
			r.Prefetch()
			if slice = append(slice, r); len(slice) == cap(slice) {
				if !yield(slice) {
					return
				}
				slice = slice[:0]
			}
		}
		if len(slice) > 0 {
			yield(slice)
		}
	}
}

package prune

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/snapshot"
)

// A history is a cache manager under random calls.
type history struct {
	t      *testing.T
	random *rand.Rand
	root   string // a file system of its own, of which Prune reads the free space
	folder string

	manager   cache.Manager
	store     *metadata.Store
	snapshots *snapshotter
	leases    *leaseManager
	images    images

	names map[string]string // of records, by ID
	kinds map[string]int    // numbers of names, by prefix
	held  []held

	users   map[string]bool   // records whose references to their parents count as uses
	pruning bool              // between two prunes there are no restarts and no measurements
	own     map[string]ownUse // of records, during Prune
}

// A held reference makes its record in use.
type held struct {
	id  string
	ref cache.Ref
}

func newHistory(t *testing.T, random *rand.Rand, root string) *history {
	h := &history{
		t: t, random: random, root: root, folder: t.TempDir(),
		snapshots: &snapshotter{sizes: map[string]int64{}}, leases: &leaseManager{}, images: images{},
		names: map[string]string{}, kinds: map[string]int{}, users: map[string]bool{}, own: map[string]ownUse{},
	}
	h.open()
	return h
}

func (h *history) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%+v", err)
	}
}

func (h *history) open() {
	var err error
	h.store, err = metadata.NewStore(filepath.Join(h.folder, "metadata.db"))
	h.must(err)
	h.manager, err = cache.NewManager(cache.ManagerOpt{
		Snapshotter:     snapshot.Snapshotter(h.snapshots),
		LeaseManager:    h.leases,
		PruneRefChecker: func() (cache.ExternalRefChecker, error) { return h.images, nil },
		MetadataStore:   h.store,
		Root:            h.root,
		MountPoolRoot:   filepath.Join(h.folder, "mounts"),
	})
	h.must(err)
}

// restart closes the manager, which forgets all references, and opens it again. References to mutable records are
// released before: a mutable record that a crash leaves behind is removed by the next DiskUsage.
func (h *history) restart() {
	for _, r := range slices.Clone(h.held) {
		if h.mutable(r.id) || h.random.IntN(2) == 0 {
			h.release(r)
		}
	}
	for _, r := range slices.Clone(h.held) { // a lazily committed record without policy would be left behind, too
		if h.value(r.id, "cache.equalMutable") != "" {
			h.release(r)
		}
	}
	h.held = nil
	for _, id := range h.ids() {
		h.users[id] = true
	}
	h.must(h.manager.Close())
	h.open()
}

func (h *history) hold(id string, ref cache.Ref) { h.held = append(h.held, held{id, ref}) }

func (h *history) release(r held) {
	h.must(r.ref.Release(context.Background()))
	synctest.Wait()
	h.held = slices.DeleteFunc(h.held, func(x held) bool { return x.ref == r.ref })
}

// immutable returns a reference to some immutable record; nil if there is none. Not among them are records that a
// measurement made, and records whose removal failed.
func (h *history) immutable(options ...cache.RefOption) cache.ImmutableRef {
	items := h.items()
	ids := slices.DeleteFunc(h.ids(), func(id string) bool {
		m := text(items[id], "cache.equalMutable")
		return h.mutable(id) || truth(items[id], "cache.deleted") || m != "" && (h.own[m].immutable == id || truth(items[m], "cache.deleted"))
	})
	if len(ids) == 0 {
		return nil
	}
	ref, err := h.manager.Get(context.Background(), ids[h.random.IntN(len(ids))], nil, options...)
	h.must(err)
	return ref
}

func (h *history) maybe(percent int) bool { return h.random.IntN(100) < percent }

var types = []client.UsageRecordType{
	"", "", client.UsageRecordTypeRegular, client.UsageRecordTypeInternal, client.UsageRecordTypeFrontend,
	client.UsageRecordTypeLocalSource, client.UsageRecordTypeGitCheckout, client.UsageRecordTypeCacheMount,
}

// options returns the options of a new record.
func (h *history) options() []cache.RefOption {
	options := []cache.RefOption{cache.WithRecordType(types[h.random.IntN(len(types))])}
	if h.maybe(50) {
		options = append(options, cache.WithDescription([]string{"mount", "step", "load"}[h.random.IntN(3)]))
	}
	return options
}

// step makes one random call.
func (h *history) step() {
	ctx := context.Background()
	if h.random.IntN(3) > 0 {
		time.Sleep(time.Duration(h.random.Int64N(int64(20 * time.Hour))))
	}
	switch n := h.random.IntN(100); {
	case n < 40: // a build step, a source, or a cache mount
		options := h.options()
		retained := h.maybe(40)
		if retained {
			options = append(options, cache.CachePolicyRetain)
		}
		parent := cache.ImmutableRef(nil)
		if h.maybe(65) {
			parent = h.immutable(cache.NoUpdateLastUsed)
		}
		h.snapshots.next = 1 + h.random.Int64N(100_000)
		m, err := h.manager.New(ctx, parent, nil, options...)
		h.must(err)
		synctest.Wait()
		if parent != nil {
			h.must(parent.Release(ctx))
		}
		if retained && h.maybe(50) { // a cache mount
			h.keepOrRelease(m.ID(), m)
			return
		}
		i, err := m.Commit(ctx)
		h.must(err)
		h.must(i.SetCachePolicyRetain())
		if h.maybe(30) {
			h.must(i.SetRecordType(types[h.random.IntN(len(types))]))
		}
		if h.maybe(40) {
			h.must(i.Finalize(ctx))
			synctest.Wait()
		}
		h.keepOrRelease(i.ID(), i)
	case n < 60: // a use
		if i := h.immutable(); i != nil {
			h.keepOrRelease(i.ID(), i)
		}
	case n < 70: // a use of a mutable record
		ids := slices.DeleteFunc(h.ids(), func(id string) bool { return !h.mutable(id) || truth(h.item(id), "cache.deleted") })
		if len(ids) == 0 {
			return
		}
		if m, err := h.manager.GetMutable(ctx, ids[h.random.IntN(len(ids))]); err == nil { // in use otherwise
			h.keepOrRelease(m.ID(), m)
		}
	case n < 75:
		if a, b := h.immutable(), h.immutable(cache.NoUpdateLastUsed); a != nil {
			merged, err := h.manager.Merge(ctx, []cache.ImmutableRef{a, b}, nil, h.options()...)
			h.must(err)
			synctest.Wait()
			h.snapshots.sizes[merged.ID()] = h.random.Int64N(1000)
			h.must(merged.SetCachePolicyRetain())
			h.must(a.Release(ctx))
			h.must(b.Release(ctx))
			h.keepOrRelease(merged.ID(), merged)
		}
	case n < 80:
		if a, b := h.immutable(), h.immutable(cache.NoUpdateLastUsed); a != nil {
			diff, err := h.manager.Diff(ctx, a, b, nil, h.options()...)
			h.must(err)
			synctest.Wait()
			for _, id := range h.ids() {
				if _, ok := h.snapshots.sizes[id]; !ok && !h.mutable(id) && h.value(id, "cache.equalMutable") == "" {
					h.snapshots.sizes[id] = int64(len(h.names) * 10)
				}
			}
			if len(read[[]string](h.item(diff.ID()), "cache.mergeParents")) > 0 {
				h.users[diff.ID()] = true
			}
			h.must(a.Release(ctx))
			h.must(b.Release(ctx))
			h.keepOrRelease(diff.ID(), diff)
		}
	case n < 92:
		if len(h.held) > 0 {
			h.release(h.held[h.random.IntN(len(h.held))])
		}
	case h.pruning:
	case n < 96:
		_, err := h.manager.DiskUsage(ctx, client.DiskUsageInfo{})
		h.must(err)
	default:
		h.restart()
	}
	synctest.Wait()
}

func (h *history) keepOrRelease(id string, ref cache.Ref) {
	h.ids() // names it
	if h.maybe(25) {
		h.hold(id, ref)
		return
	}
	h.must(ref.Release(context.Background()))
	synctest.Wait()
}

// items returns the records of the manager's database.
func (h *history) items() map[string]*metadata.StorageItem {
	all, err := h.store.All()
	h.must(err)
	items := map[string]*metadata.StorageItem{}
	for _, item := range all {
		items[item.ID()] = item
	}
	return items
}

// ids returns the IDs of all records by name, after naming new ones. An immutable record made from a mutable one has
// the name of that one and a letter.
func (h *history) ids() (ids []string) {
	items := h.items()
	var fresh []string
	for id := range items {
		if h.names[id] == "" {
			fresh = append(fresh, id)
		}
		ids = append(ids, id)
	}
	key := func(id string) string {
		var parents []string
		for _, p := range parentsOf(items[id]) {
			parents = append(parents, h.names[p])
		}
		return h.names[text(items[id], "cache.equalMutable")] + "/" + strings.Join(parents, " ")
	}
	slices.SortFunc(fresh, func(a, b string) int { return cmp.Compare(key(a), key(b)) })
	for _, id := range fresh { // mutable records first, for the names of the others
		if text(items[id], "cache.equalMutable") == "" {
			h.kinds[""]++
			h.names[id] = fmt.Sprintf("r%d", h.kinds[""])
		}
	}
	for _, id := range fresh {
		if of := h.names[text(items[id], "cache.equalMutable")]; of != "" && h.names[id] == "" {
			h.kinds[of]++
			h.names[id] = of + string(rune('a'+h.kinds[of]-1))
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(h.names[a], h.names[b]) })
	return ids
}

func (h *history) value(id, key string) string { return text(h.item(id), key) }

// item returns a record of the manager's database; nil if there is none.
func (h *history) item(id string) *metadata.StorageItem {
	item, ok := h.store.Get(id)
	if !ok {
		return nil
	}
	return item
}

// mutable reports whether a record is mutable: not committed, and not made by a merge or a difference.
func (h *history) mutable(id string) bool { return !truth(h.item(id), "snapshot.committed") }

func text(item *metadata.StorageItem, key string) string { return read[string](item, key) }

func truth(item *metadata.StorageItem, key string) bool { return read[bool](item, key) }

// read returns a value of a record; the zero value if it has none.
func read[T any](item *metadata.StorageItem, key string) (value T) {
	if item == nil {
		return value
	}
	if v := item.Get(key); v != nil {
		_ = v.Unmarshal(&value)
	}
	return value
}

func parentsOf(item *metadata.StorageItem) (ids []string) {
	ids = append(ids, read[[]string](item, "cache.mergeParents")...)
	for _, key := range []string{"cache.parent", "cache.lowerDiffParent", "cache.upperDiffParent"} {
		if id := text(item, key); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

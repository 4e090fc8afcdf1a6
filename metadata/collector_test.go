package metadata_test

import (
	"context"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A slowCollector has one unused resource. Each call of it takes a second by a stopwatch.
type slowCollector struct{ stopwatch *time.Time }

func (c slowCollector) pass() { *c.stopwatch = c.stopwatch.Add(time.Second) }

func (c slowCollector) StartCollection(context.Context) (metadata.CollectionContext, error) {
	c.pass()
	return c, nil
}

func (c slowCollector) All(fn func(gc.Node)) {
	c.pass()
	fn(gc.Node{Type: metadata.ResourceMount, Namespace: "default", Key: "unused"})
}

func (c slowCollector) ReferenceLabel() string              { return "" }
func (c slowCollector) Active(string, func(gc.Node))        { c.pass() }
func (c slowCollector) Leased(_, _ string, _ func(gc.Node)) { c.pass() }
func (c slowCollector) Remove(gc.Node)                      { c.pass() }
func (c slowCollector) Cancel() error                       { return nil }
func (c slowCollector) Finish() error                       { c.pass(); return nil }

// The time of collectors counts while writers are locked out, and apart.
func TestTimeOfCollectors(t *testing.T) {
	for snapshotter, want := range map[string]metadata.GCStats{
		// StartCollection, All, Active and Remove.
		"native": {MetaD: 4 * time.Second, CollectorD: 4 * time.Second},
		// All and Active are called while the whole database is read.
		"odd/name": {MetaD: 4 * time.Second, CollectorD: 2 * time.Second},
	} {
		kv, stopwatch := memkv.New(), time.Time{}
		err := kv.Update(func(tx *memkv.Tx) error {
			b, err := tx.CreateBucket([]byte("v1"))
			for _, name := range []string{"default", "snapshots", snapshotter, "s"} {
				if err == nil {
					b, err = b.CreateBucket([]byte(name))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		db := metadata.NewDB(kv, nil, nil, metadata.WithStopwatch(func() time.Time { return stopwatch }))
		db.RegisterCollectibleResource(metadata.ResourceMount, slowCollector{&stopwatch})
		stats, err := db.GarbageCollect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := stats.(metadata.GCStats)
		if got.MetaD != want.MetaD || got.CollectorD != want.CollectorD {
			t.Errorf("%s: locked for %v, collectors %v, want %v and %v",
				snapshotter, got.MetaD, got.CollectorD, want.MetaD, want.CollectorD)
		}
	}
}

// A collection without collectors spends no time on them, by a stopwatch that passes a second each time it is read.
func TestNoTimeWithoutCollectors(t *testing.T) {
	now := time.Time{}
	db := metadata.NewDB(memkv.New(), nil, nil, metadata.WithStopwatch(func() time.Time {
		now = now.Add(time.Second)
		return now
	}))
	stats, err := db.GarbageCollect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := stats.(metadata.GCStats); got.CollectorD != 0 || got.MetaD == 0 {
		t.Errorf("locked for %v, collectors %v", got.MetaD, got.CollectorD)
	}
}

// A changeable Collector has one resource, which is a root for some time.
type changeable struct{ active, removed bool }

func (c *changeable) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return c, nil
}

func (c *changeable) ReferenceLabel() string { return "" }

func (c *changeable) All(fn func(gc.Node)) {
	fn(gc.Node{Type: metadata.ResourceMount, Namespace: "default", Key: "mount"})
}

func (c *changeable) Active(namespace string, fn func(gc.Node)) {
	if c.active && namespace == "default" {
		c.All(fn)
	}
}

func (c *changeable) Leased(_, _ string, _ func(gc.Node)) {}
func (c *changeable) Remove(gc.Node)                      { c.removed = true }
func (c *changeable) Cancel() error                       { return nil }
func (c *changeable) Finish() error                       { return nil }

// A referring Collector has one resource, which refers to a blob.
type referring struct {
	*changeable
	blob digest.Digest
}

func (r referring) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return r, nil
}

func (r referring) References(_ context.Context, _ gc.Node, fn func(gc.Node)) {
	fn(gc.Node{Type: metadata.ResourceContent, Namespace: "default", Key: r.blob.String()})
}

// A resource of the only Collector with references keeps a blob as long as it is a root.
func TestReferencesOfCollector(t *testing.T) {
	db, blob := metadata.NewDB(memkv.New(), nil, nil), digest.FromString("x")
	must(db.Update(func(tx *memkv.Tx) error { return blobRecord(tx, "default", blob) }))
	c := referring{&changeable{}, blob}
	db.RegisterCollectibleResource(metadata.ResourceMount, c)
	for _, active := range []bool{true, false} {
		c.active = active
		if _, err := db.GarbageCollect(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(db.View(func(tx *memkv.Tx) error {
			if kept := tx.BucketAt("v1", "default", "content", "blob", blob.String()) != nil; kept != active {
				t.Errorf("active %v, the blob is kept: %v", active, kept)
			}
			return nil
		}))
	}
}

// A collection does not remember the roots that Collectors named in the collection before.
func TestCollectorsRootEnds(t *testing.T) {
	db, c := metadata.NewDB(memkv.New(), nil, nil), &changeable{}
	db.RegisterCollectibleResource(metadata.ResourceMount, c)
	if _, err := metadata.NewImageStore(db).Create(inDefault, numberedImage(1)); err != nil {
		t.Fatal(err)
	}
	for _, active := range []bool{true, true, false} {
		c.active = active
		if _, err := db.GarbageCollect(t.Context()); err != nil || c.removed == active {
			t.Errorf("%v; active %v, removed %v", err, active, c.removed)
		}
	}
}

package metadata_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/gc"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Every stored time is one reading of the given clock, in UTC.
func TestClock(t *testing.T) {
	readings := 0
	clock := func() time.Time {
		readings++
		return time.Date(2026, 1, 1, 0, 0, readings, 0, time.FixedZone("", 3600))
	}
	db := metadata.NewDB(memkv.New(), nil, nil, metadata.WithClock(clock))
	if err := db.Init(context.Background()); err != nil {
		t.Fatal(err)
	}
	store := metadata.NewImageStore(db)
	created, err := store.Create(inDefault, numberedImage(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Update(inDefault, numberedImage(1)); err != nil {
		t.Fatal(err)
	}
	got, err := store.Get(inDefault, created.Name)
	if err != nil {
		t.Fatal(err)
	}
	first, second := time.Date(2025, 12, 31, 23, 0, 1, 0, time.UTC), time.Date(2025, 12, 31, 23, 0, 2, 0, time.UTC)
	if created.CreatedAt != first || created.UpdatedAt != first ||
		got.CreatedAt != first || got.UpdatedAt != second || readings != 2 {
		t.Errorf("created %v %v, got %v %v, %d readings",
			created.CreatedAt, created.UpdatedAt, got.CreatedAt, got.UpdatedAt, readings)
	}
}

type failingPublisher struct{ err error }

func (p failingPublisher) Publish(context.Context, string, events.Event) error { return p.err }

// If the publisher fails, the call fails, but its change remains.
func TestPublisherFails(t *testing.T) {
	failure := errors.New("no route")
	db := metadata.NewDB(memkv.New(), nil, nil, metadata.WithEventsPublisher(failingPublisher{failure}))
	if err := db.Init(context.Background()); err != nil {
		t.Fatal(err)
	}
	store := metadata.NewImageStore(db)
	image := numberedImage(1)
	if i, err := store.Create(inDefault, image); !errors.Is(err, failure) || i.Name != "" {
		t.Errorf("create: %v, %v", i, err)
	}
	if i, err := store.Update(inDefault, image); !errors.Is(err, failure) || i.Name != "" {
		t.Errorf("update: %v, %v", i, err)
	}
	if err := store.Delete(inDefault, image.Name); !errors.Is(err, failure) {
		t.Errorf("delete: %v", err)
	}
	if all, err := store.List(inDefault); len(all) != 0 || err != nil {
		t.Errorf("list: %v, %v", all, err)
	}
	err := db.Update(func(tx *memkv.Tx) error {
		ctx := metadata.WithTransactionContext(inDefault, tx)
		if db.Publisher(ctx) != nil {
			t.Error("a transaction has a publisher")
		}
		_, err := store.Create(ctx, image)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClose(t *testing.T) {
	db := metadata.NewDB(memkv.New(), nil, nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := metadata.NewImageStore(db).Create(inDefault, images.Image{})
	if !errors.Is(err, errbolt.ErrDatabaseNotOpen) {
		t.Error(err)
	}
	transactor := struct{ metadata.Transactor }{memkv.New()} // no Close method
	if err := metadata.NewDB(transactor, nil, nil).Close(); err != nil {
		t.Error(err)
	}
}

func TestSnapshotters(t *testing.T) {
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"a": nil, "b": nil})
	all := db.Snapshotters()
	if names := slices.Sorted(maps.Keys(all)); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("%v", names)
	}
	delete(all, "a")
	if db.Snapshotter("a") == nil || db.Snapshotter("c") != nil || len(db.Snapshotters()) != 2 {
		t.Error("the database shares its map, or a name is wrong")
	}
}

type noCollector struct{}

func (noCollector) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return nil, errors.New("not today")
}
func (noCollector) ReferenceLabel() string { return "none" }

func TestRegisterCollectibleResource(t *testing.T) {
	db := metadata.NewDB(memkv.New(), nil, nil)
	panics := func(resource gc.ResourceType) (panicked bool) {
		defer func() { panicked = recover() != nil }()
		db.RegisterCollectibleResource(resource, noCollector{})
		return
	}
	for _, c := range []struct {
		resource gc.ResourceType
		want     bool
	}{
		{metadata.ResourceUnknown, true}, {metadata.ResourceContent, true}, {metadata.ResourceIngest, true},
		{metadata.ResourceIngest + 1, false}, {metadata.ResourceStream, false}, {metadata.ResourceMount, false},
		{metadata.ResourceMount, true}, {gc.ResourceMax - 1, false}, {gc.ResourceMax, true},
	} {
		if got := panics(c.resource); got != c.want {
			t.Errorf("%d: panicked %v", c.resource, got)
		}
	}
}

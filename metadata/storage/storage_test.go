package storage_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	peer "github.com/containerd/containerd/v2/core/snapshots/storage"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// TestReadsWhatContainerdWrites creates, commits and removes random snapshots with containerd's package, and compares
// every record.
func TestReadsWhatContainerdWrites(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "metadata.db")
	store, err := peer.NewMetaStore(path)
	if err != nil {
		t.Fatal(err)
	}
	var committed, active []string
	for i := range 200 {
		name := fmt.Sprintf("ns/%d/key %d", i, i)
		var parent string
		if len(committed) > 0 && random.IntN(4) > 0 {
			parent = committed[random.IntN(len(committed))]
		}
		kind := snapshots.KindActive
		if random.IntN(5) == 0 {
			kind = snapshots.KindView
		}
		err := store.WithTransaction(t.Context(), true, func(ctx context.Context) error {
			if _, err := peer.CreateSnapshot(ctx, kind, name, parent, snapshots.WithLabels(map[string]string{"n": strconv.Itoa(i)})); err != nil {
				return err
			}
			if kind == snapshots.KindView || random.IntN(3) == 0 {
				active = append(active, name)
				return nil
			}
			usage := snapshots.Usage{Size: random.Int64N(1 << 40), Inodes: random.Int64N(1 << 20)}
			_, err := peer.CommitActive(ctx, name, name+" committed", usage)
			committed = append(committed, name+" committed")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(active) > 0 && random.IntN(6) == 0 {
			name := active[0]
			active = active[1:]
			if err := store.WithTransaction(t.Context(), true, func(ctx context.Context) error {
				_, _, err := peer.Remove(ctx, name)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}

	got := read(t, path)
	count := 0
	err = store.WithTransaction(t.Context(), false, func(ctx context.Context) error {
		return peer.WalkInfo(ctx, func(ctx context.Context, info snapshots.Info) error {
			count++
			id, _, usage, err := peer.GetInfo(ctx, info.Name)
			if err != nil {
				return err
			}
			s := got.Lookup(info.Name)
			if s == nil {
				return fmt.Errorf("%q is missing", info.Name)
			}
			switch {
			case strconv.FormatUint(s.ID, 10) != id, got.ByID(s.ID) != s,
				s.Parent != info.Parent, s.Kind != info.Kind,
				s.Size != usage.Size, s.Inodes != usage.Inodes, s.Sized != (info.Kind != snapshots.KindActive),
				!s.Created.Equal(info.Created), !s.Updated.Equal(info.Updated),
				!maps.Equal(s.Labels, info.Labels), s.Damage != nil, !got.Linked(s):
				return fmt.Errorf("%+v, want %+v with %+v", s, info, usage)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Len() != count {
		t.Fatalf("%d snapshots, want %d", got.Len(), count)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) *storage.Snapshotter {
	t.Helper()
	db, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := storage.Read(frozen(t, db))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func frozen(t *testing.T, db *memkv.DB) (f memkv.Frozen) {
	t.Helper()
	if err := db.View(func(tx *memkv.Tx) error {
		f = tx.Freeze()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDamagedRecords reads records that no snapshotter writes.
func TestDamagedRecords(t *testing.T) {
	for name, fields := range map[string]map[string]string{
		"no id":             {"kind": "\x03"},
		"id 0":              {"id": "\x00", "kind": "\x03"},
		"unknown kind":      {"id": "\x01", "kind": "\x09"},
		"kind of two bytes": {"id": "\x01", "kind": "\x03\x03"},
		"negative size":     {"id": "\x01", "kind": "\x03", "size": "\x03"},
		"endless size":      {"id": "\x01", "kind": "\x03", "size": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
		"bad time":          {"id": "\x01", "kind": "\x03", "createdat": "noon"},
	} {
		t.Run(name, func(t *testing.T) {
			db := memkv.New()
			if err := db.Update(func(tx *memkv.Tx) error {
				v1, err := tx.CreateBucket([]byte("v1"))
				if err != nil {
					return err
				}
				if _, err := v1.CreateBucket([]byte("parents")); err != nil {
					return err
				}
				all, err := v1.CreateBucket([]byte("snapshots"))
				if err != nil {
					return err
				}
				record, err := all.CreateBucket([]byte("a"))
				for field, value := range fields {
					if err == nil {
						err = record.Put([]byte(field), []byte(value))
					}
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			s, err := storage.Read(frozen(t, db))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Lookup("a"); got.Damage == nil || got.Sized {
				t.Errorf("%+v, want damage and no size", got)
			}
		})
	}
}

func TestForeignDatabase(t *testing.T) {
	if _, err := storage.Read(memkv.Frozen{}); err != storage.ErrForeign {
		t.Errorf("%v, want ErrForeign", err)
	}
}

func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"k8s.io/5/c1":           "k8s.io c1",
		"default/12/sha256:a/b": "default sha256:a/b",
		"c1":                    "",
		"a/b/c":                 "",
		"a/5":                   "",
	} {
		got := ""
		if namespace, key, ok := (&storage.Snapshot{Name: name}).Key(); ok {
			got = namespace + " " + key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

package backend_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// TestHashKeepsUp compares a hash that was updated through a random history with a hash computed from scratch.
func TestHashKeepsUp(t *testing.T) {
	const seed = 7
	ctx, r := t.Context(), rand.New(rand.NewPCG(seed, 0))
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }

	contents := [2]*backend.Content{backend.NewContent(clock), backend.NewContent(clock)}
	snapshotters := [2]*backend.Snapshotter{backend.NewSnapshotter(clock, "/"), backend.NewSnapshotter(clock, "/")}
	contents[0].Hash()
	snapshotters[0].Hash()
	seen := map[backend.Hash]bool{}
	for range 500 {
		now = now.Add(time.Second)
		data := bytes.Repeat([]byte{'a'}, r.IntN(4))
		labels := map[string]string{"a": pick(r, "1", "2")}
		key, name := pick(r, "k1", "k2"), pick(r, "c1", "c2", "c3")
		parent, removed := pick(r, "", name), pick(r, key, name)
		choice := r.IntN(8)
		for _, s := range contents {
			switch choice {
			case 0, 1, 2:
				w, err := s.Writer(ctx, content.WithRef(key))
				if err != nil {
					t.Fatal(err)
				}
				w.Truncate(0)
				w.Write(data)
				if choice > 0 {
					w.Commit(ctx, 0, "")
				}
				w.Close()
			case 3:
				s.Delete(ctx, digest.FromBytes(data))
			case 4:
				s.Update(ctx, content.Info{Digest: digest.FromBytes(data), Labels: labels})
			case 5:
				s.Abort(ctx, key)
			case 6:
				s.Place(content.Info{Digest: digest.FromBytes(data), Size: int64(len(data))})
			}
		}
		for _, s := range snapshotters {
			switch choice {
			case 0, 1:
				if _, err := s.Prepare(ctx, key, parent); errdefs.IsInvalidArgument(err) {
					t.Fatal(err)
				}
			case 2, 3:
				s.Commit(ctx, name, key)
			case 4:
				s.Update(ctx, snapshots.Info{Name: name, Labels: labels})
			case 5:
				s.SetUsage(key, snapshots.Usage{Size: int64(len(data))})
			case 6, 7:
				s.Remove(ctx, removed)
			}
		}
		kept, fresh := contents[0].Hash(), contents[1].Fork(nil).Hash()
		if kept != fresh {
			t.Fatalf("seed %d: content: kept %x, fresh %x", seed, kept, fresh)
		}
		seen[kept] = true
		if kept, fresh := snapshotters[0].Hash(), snapshotters[1].Fork(nil).Hash(); kept != fresh {
			t.Fatalf("seed %d: snapshots: kept %x, fresh %x", seed, kept, fresh)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d different hashes", len(seen))
	}
}

package engine_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

const fixture = "c242-basic"

func onDemand(time.Time) schedule.Policy { return schedule.NewOnDemand() }

// TestOpenCollects opens databases of real daemons. A collection must remove the same objects as the daemon removed.
func TestOpenCollects(t *testing.T) {
	dirs, err := filepath.Glob("../metadata/testdata/fixtures/*")
	if err != nil || len(dirs) < 5 {
		t.Fatal(err, dirs)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var want struct {
				CollectedBy string    `json:"collected_by"`
				At          time.Time `json:"gc_time"`
				Removed     []string  `json:"removed"`
			}
			data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
			if err == nil {
				err = json.Unmarshal(data, &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			rules, err := metadata.ParseVersion(want.CollectedBy)
			if err != nil {
				t.Fatal(err)
			}
			e, err := engine.Open(filepath.Join(dir, "before.db.gz"), engine.WithStart(want.At), engine.WithRules(rules))
			if err != nil {
				t.Fatal(err)
			}
			// Open fills the backends with the objects of the database.
			fork := e.Fork()
			before := fork.Leftovers(t.Context())
			plan, err := e.Plan()
			if err != nil {
				t.Fatal(err)
			}
			done, err := e.Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var removed []string
			for _, n := range done.Removed {
				removed = append(removed, metadata.NodeName(n))
			}
			slices.Sort(removed)
			if !slices.Equal(removed, want.Removed) || !slices.Equal(plan.Removed, want.Removed) {
				t.Errorf("removed %q,\nplanned %q,\nwant %q", removed, plan.Removed, want.Removed)
			}
			gone := map[gc.ResourceType]int{}
			for _, n := range done.Removed {
				gone[n.Type]++
			}
			left := e.Leftovers(t.Context())
			if len(left) > len(before)-gone[metadata.ResourceSnapshot] {
				t.Errorf("the backends have %d objects after and %d before the removal of %v", len(left), len(before), gone)
			}
		})
	}
}

// TestOpenKnowsSizes reads from a node that has the sizes of blobs, but no bytes.
func TestOpenKnowsSizes(t *testing.T) {
	e, err := engine.Open("../metadata/testdata/fixtures/" + fixture + "/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	if year := e.Clock().Now().Year(); year < 2020 || year > 2100 {
		t.Errorf("the clock shows %v", e.Clock().Now())
	}
	ctx, blobs := namespaced("default"), 0
	latest := time.Time{}
	images, err := e.Images().List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images {
		latest = slices.MaxFunc([]time.Time{latest, i.CreatedAt, i.UpdatedAt}, time.Time.Compare)
	}
	if now := e.Clock().Now(); now.Before(latest) || now.After(latest.Add(time.Hour)) {
		t.Errorf("the clock shows %v, the last image is of %v", now, latest)
	}
	err = e.Content().Walk(ctx, func(info content.Info) error {
		blobs++
		_, err := e.Content().ReaderAt(ctx, ocispec.Descriptor{Digest: info.Digest})
		if info.Size == 0 || !errdefs.IsFailedPrecondition(err) {
			t.Errorf("%s of %d bytes: %v", info.Digest, info.Size, err)
		}
		return nil
	})
	if err != nil || blobs == 0 {
		t.Fatal(err, blobs)
	}
	if _, err := e.Top(3); err != nil {
		t.Error(err)
	}
	if fsck, err := e.Fsck(); err != nil || fsck.ContentChecked {
		t.Error(fsck, err)
	}
}

// TestOpenEmpty opens a database without records, which has no time.
func TestOpenEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.db")
	if err := boltfile.WriteFile(path, newEngine(t).KV()); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if now := e.Clock().Now(); !now.Equal(engine.Start) {
		t.Errorf("the clock shows %v, want %v", now, engine.Start)
	}
}

// TestOpenFillsBackends opens the database of a node. The backends get its ingests, and its snapshots with their kinds.
func TestOpenFillsBackends(t *testing.T) {
	from := newEngine(t)
	steps(t, from, []step{
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, op.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`, op.OK},
		{`{"op":"snapshots.commit","ns":"default","snapshotter":"native","name":"parent","key":"k"}`, op.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"child","parent":"parent"}`, op.OK},
	})
	path := filepath.Join(t.TempDir(), "meta.db")
	if err := boltfile.WriteFile(path, from.KV()); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Leftovers(t.Context()), from.Leftovers(t.Context()); !slices.Equal(got, want) {
		t.Errorf("the backends have %q, want %q", got, want)
	}
	for name, kind := range map[string]snapshots.Kind{"parent": snapshots.KindCommitted, "child": snapshots.KindActive} {
		if info, err := e.Snapshotter("native").Stat(namespaced("default"), name); err != nil || info.Kind != kind {
			t.Errorf("snapshot %q: %v, %v", name, info.Kind, err)
		}
	}
}

// TestOpenErrors opens files that are not databases of containerd.
func TestOpenErrors(t *testing.T) {
	if _, err := engine.Open("testdata/none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	if err := boltfile.WriteFile(foreign, memkv.New()); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Open(foreign); !errors.Is(err, examine.ErrForeign) {
		t.Error(err)
	}
}

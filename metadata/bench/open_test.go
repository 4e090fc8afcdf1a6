package bench

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	containerd "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
	"github.com/holdfast-gc/holdfast/metadata/graph"
)

// opening is the goal for opening a file and collecting.
const opening = 2

// measureOpen compares the wall-clock times of opening the large fixture and collecting. One row uses the file as the
// daemon left it, the other the file after a collection: there Holdfast only plans, because a plan without removals
// ends a collection.
func measureOpen(tb testing.TB, wanted *regexp.Regexp) (rows []row) {
	garbage := largeFixture(tb)
	dir := scratch(tb)
	path := filepath.Join(dir, "meta.db")
	for _, o := range []struct {
		name string
		ours func(path string) error
		file []byte
	}{
		{figures.OpenAndPlan, openAndPlan, settled(tb, path, garbage)},
		{figures.OpenAndCollect, openAndCollect, garbage},
	} {
		if !wanted.MatchString(rowID(o.name, 0)) {
			continue
		}
		var runs [2]measurement
		for i, run := range [2]func(string) error{o.ours, collectByContainerd} {
			runs[i] = func() (time.Duration, error) {
				if err := os.WriteFile(path, o.file, 0o600); err != nil {
					return 0, err
				}
				start := time.Now()
				err := run(path)
				return time.Since(start), err
			}
		}
		rows = append(rows, row{o.name, 0, opening, sample(tb, 5**budget, runs)})
	}
	return rows
}

// openAndPlan does the work of "holdfast plan".
func openAndPlan(path string) error {
	db, err := boltfile.Open(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *memkv.Tx) error {
		p, err := graph.Plan(tx.Freeze(), graph.Options{Now: time.Now(), Weigh: true}, nil)
		if err == nil && len(p.Removed) != 0 {
			return fmt.Errorf("%d objects are garbage after a collection", len(p.Removed))
		}
		return err
	})
}

// openAndCollect does the work of "holdfast gc", except for writing the file.
func openAndCollect(path string) error {
	db, err := boltfile.Open(path)
	if err != nil {
		return err
	}
	return db.Update(func(tx *memkv.Tx) error {
		p, err := graph.Collect(tx, graph.Options{Now: time.Now()})
		if err == nil && len(p.Removed) != figures.RemovedObjects {
			return fmt.Errorf("removed %d objects, but figures.RemovedObjects is %d", len(p.Removed), figures.RemovedObjects)
		}
		return err
	})
}

// collectByContainerd opens a database with containerd's package and collects.
func collectByContainerd(path string) error {
	file, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		return err
	}
	db := containerd.NewDB(file, emptyContent{}, map[string]snapshots.Snapshotter{})
	if _, err := db.GarbageCollect(context.Background()); err != nil {
		return err
	}
	return file.Close()
}

// emptyContent is a content backend without content.
type emptyContent struct{ content.Store }

func (emptyContent) Walk(context.Context, content.WalkFunc, ...string) error { return nil }
func (emptyContent) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	return nil, nil
}

// largeFixture returns the database of a real daemon, 27.7 MB.
func largeFixture(tb testing.TB) []byte {
	f, err := os.Open("../testdata/fixtures/c242-large/before.db.gz")
	must(tb, err)
	defer f.Close()
	r, err := gzip.NewReader(f)
	must(tb, err)
	data, err := io.ReadAll(r)
	must(tb, err)
	return data
}

// settled returns a database file after a collection. It uses path as scratch space.
func settled(tb testing.TB, path string, file []byte) []byte {
	must(tb, os.WriteFile(path, file, 0o600))
	must(tb, collectByContainerd(path))
	data, err := os.ReadFile(path)
	must(tb, err)
	return data
}

// TestOpen runs every measured operation on the large fixture once.
func TestOpen(t *testing.T) {
	path := filepath.Join(scratch(t), "meta.db")
	garbage := largeFixture(t)
	must(t, os.WriteFile(path, garbage, 0o600))
	must(t, openAndCollect(path))
	if openAndPlan(path) == nil {
		t.Error("openAndPlan finds no garbage in before.db")
	}
	must(t, os.WriteFile(path, settled(t, path, garbage), 0o600))
	must(t, openAndPlan(path))
}

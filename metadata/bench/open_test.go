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
	"github.com/holdfast-gc/holdfast/metadata"
)

// opening is the goal for opening a real file and collecting: half the time.
const opening = 2

// measureOpen compares what it takes to open the large fixture and collect. Settled is the file after a collection,
// where nothing is garbage and we only plan; garbage is before.db as it is.
func measureOpen(tb testing.TB, wanted *regexp.Regexp) (results []result) {
	garbage := largeFixture(tb)
	dir := scratch(tb)
	path := filepath.Join(dir, "meta.db")
	for _, row := range []struct {
		name string
		ours func(path string) error
		file []byte
	}{
		{"open 27.7 MB and plan, no garbage", openAndPlan, settled(tb, path, garbage)},
		{"open 27.7 MB and collect", openAndCollect, garbage},
	} {
		if !wanted.MatchString(rowID(row.name, 0)) {
			continue
		}
		var runs [2]timed
		for i, run := range [2]func(string) error{row.ours, collectByContainerd} {
			runs[i] = func() (time.Duration, error) {
				if err := os.WriteFile(path, row.file, 0o600); err != nil {
					return 0, err
				}
				start := cpuTime()
				err := run(path)
				return cpuTime() - start, err
			}
		}
		r := compare(tb, 5**budget, runs)
		r.name, r.goal = row.name, opening
		results = append(results, r)
	}
	return results
}

// openAndPlan is what "holdfast plan" does.
func openAndPlan(path string) error {
	db, err := boltfile.Open(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *memkv.Tx) error {
		p, err := metadata.Plan(tx.Freeze(), metadata.GraphOptions{Now: time.Now(), Weigh: true}, nil)
		if err == nil && len(p.Removed) != 0 {
			return fmt.Errorf("%d objects are garbage in a settled database", len(p.Removed))
		}
		return err
	})
}

// openAndCollect is what "holdfast gc" does before it writes.
func openAndCollect(path string) error {
	db, err := boltfile.Open(path)
	if err != nil {
		return err
	}
	return db.Update(func(tx *memkv.Tx) error {
		_, err := metadata.Collect(tx, metadata.GraphOptions{Now: time.Now()})
		return err
	})
}

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

// emptyContent is a content backend that has nothing to clean.
type emptyContent struct{ content.Store }

func (emptyContent) Walk(context.Context, content.WalkFunc, ...string) error { return nil }
func (emptyContent) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	return nil, nil
}

// largeFixture returns a real daemon's database.
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

// settled returns what a collection leaves of a file, for which it uses path.
func settled(tb testing.TB, path string, file []byte) []byte {
	must(tb, os.WriteFile(path, file, 0o600))
	must(tb, collectByContainerd(path))
	data, err := os.ReadFile(path)
	must(tb, err)
	return data
}

// TestOpen opens the fixture in every way that is measured.
func TestOpen(t *testing.T) {
	path := filepath.Join(scratch(t), "meta.db")
	garbage := largeFixture(t)
	must(t, os.WriteFile(path, garbage, 0o600))
	must(t, openAndCollect(path))
	if openAndPlan(path) == nil {
		t.Error("before.db has no garbage")
	}
	must(t, os.WriteFile(path, settled(t, path, garbage), 0o600))
	must(t, openAndPlan(path))
}

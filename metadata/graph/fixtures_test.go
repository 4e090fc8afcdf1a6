package graph_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A fixture is the database of a real daemon before a collection, and the list of that collection's removals.
type fixture struct {
	name    string
	version rules.Version
	removed map[time.Time][]string // by the time of the collection
	kept    map[string]int
	at      time.Time // time of the daemon's collection
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	dirs, err := filepath.Glob("../testdata/fixtures/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no fixtures", err)
	}
	var all []fixture
	for _, dir := range dirs {
		var expected struct {
			Removed     []string
			Kept        map[string]int
			GCTime      time.Time `json:"gc_time"`
			CollectedBy string    `json:"collected_by"`
		}
		readJSON(t, filepath.Join(dir, "expected.json"), &expected)
		version, err := rules.ParseVersion(expected.CollectedBy)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{
			name:    filepath.Base(dir),
			version: version,
			removed: map[time.Time][]string{expected.GCTime: expected.Removed},
			kept:    expected.Kept,
			at:      expected.GCTime,
		}
		other := filepath.Join(dir, "expected_at.json")
		if _, err := os.Stat(other); err == nil {
			var at struct {
				Removed map[time.Time][]string `json:"removed_at"`
			}
			readJSON(t, other, &at)
			for now, removed := range at.Removed {
				f.removed[now] = removed
			}
		}
		all = append(all, f)
	}
	return all
}

func (f fixture) open(t testing.TB) *memkv.DB {
	t.Helper()
	db, err := boltfile.Open(filepath.Join("../testdata/fixtures", f.name, "before.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// names returns the sorted names of the planned removals.
func names(p *gc.Plan) []string {
	all := []string{}
	for _, id := range p.Removed {
		all = append(all, schema.NodeName(p.Marks().Graph().Node(id)))
	}
	slices.Sort(all)
	return all
}

// A plan predicts the removals of the daemon.
func TestPlanOfFixtures(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			db := f.open(t)
			migrate(t, db, f.version)
			for now, removed := range f.removed {
				for _, explain := range []bool{false, true} {
					p := plan(t, db, graph.Options{Version: f.version, Now: now, Explain: explain, Weigh: true})
					diff(t, now.String(), names(p), removed)
					if !now.Equal(f.at) {
						continue
					}
					for kind, n := range f.kept {
						if got := keptCount(p, kind); got != n {
							t.Errorf("keeps %d of kind %s, want %d", got, kind, n)
						}
					}
				}
			}
		})
	}
}

// A collection removes the planned records, and a second plan is empty.
func TestCollectFixtures(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			db := f.open(t)
			migrate(t, db, f.version)
			o := graph.Options{Version: f.version, Now: f.at}
			for _, removed := range [][]string{f.removed[f.at], {}} {
				err := db.Update(func(tx *memkv.Tx) error {
					p, err := graph.Collect(tx, o)
					if err == nil {
						diff(t, "collected", names(p), removed)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func keptCount(p *gc.Plan, kind string) int {
	for t, n := range p.KeptCount {
		if rules.KindName(t) == kind {
			return n
		}
	}
	return 0
}

func migrate(t testing.TB, db *memkv.DB, v rules.Version) {
	t.Helper()
	err := db.Update(func(tx *memkv.Tx) error {
		_, err := schema.Migrate(tx, v.Schema())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func plan(t testing.TB, db *memkv.DB, o graph.Options) *gc.Plan {
	t.Helper()
	var p *gc.Plan
	err := db.View(func(tx *memkv.Tx) (err error) {
		p, err = graph.Plan(tx.Freeze(), o, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// diff reports the names that are in only one of two sorted lists.
func diff(t testing.TB, what string, got, want []string) {
	t.Helper()
	for _, name := range got {
		if _, ok := slices.BinarySearch(want, name); !ok {
			t.Errorf("%s: removes %s, which the daemon kept", what, name)
		}
	}
	for _, name := range want {
		if _, ok := slices.BinarySearch(got, name); !ok {
			t.Errorf("%s: keeps %s, which the daemon removed", what, name)
		}
	}
}

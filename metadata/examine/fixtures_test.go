package examine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// fixturesDir has databases of real daemons, before and after a collection.
const fixturesDir = "../testdata/fixtures"

// expected is the file expected.json of a fixture: the result of the daemon's collection.
type expected struct {
	CollectedBy string         `json:"collected_by"`
	At          time.Time      `json:"gc_time"`
	Removed     []string       `json:"removed"`
	Counts      map[string]int `json:"removed_count"`
	Kept        map[string]int `json:"kept"`
}

func fixtureNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(fixturesDir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func openFixture(t testing.TB, name, file string) *memkv.DB {
	t.Helper()
	db, err := boltfile.Open(filepath.Join(fixturesDir, name, file))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func readJSON(t testing.TB, into any, path ...string) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{fixturesDir}, path...)...))
	if os.IsNotExist(err) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func expectedOf(t testing.TB, name string) (expected, examine.Options) {
	t.Helper()
	var e expected
	if !readJSON(t, &e, name, "expected.json") {
		t.Fatalf("%s has no expected.json", name)
	}
	v, err := metadata.ParseVersion(e.CollectedBy)
	if err != nil {
		t.Fatal(err)
	}
	return e, examine.Options{At: e.At, Containerd: v}
}

func open(t testing.TB, db *memkv.DB, o examine.Options) *examine.Database {
	t.Helper()
	d, err := examine.Open(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func plan(t testing.TB, d *examine.Database, deleted ...string) *examine.Plan {
	t.Helper()
	p, err := d.Plan(deleted...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// nonzero returns the counts without kinds that have none.
func nonzero(counts map[string]int) map[string]int {
	kept := map[string]int{}
	for kind, n := range counts {
		if n > 0 {
			kept[kind] = n
		}
	}
	return kept
}

func TestPlanEqualsCollectionOfDaemon(t *testing.T) {
	for _, name := range fixtureNames(t) {
		t.Run(name, func(t *testing.T) {
			e, o := expectedOf(t, name)
			p := plan(t, open(t, openFixture(t, name, "before.db.gz"), o))
			if !slices.Equal(p.Removed, e.Removed) {
				t.Errorf("removed %q,\nwant %q", p.Removed, e.Removed)
			}
			if got, want := asJSON(t, p.RemovedCount), asJSON(t, nonzero(e.Counts)); got != want {
				t.Errorf("removedCount %s, want %s", got, want)
			}
			if got, want := asJSON(t, p.KeptCount), asJSON(t, nonzero(e.Kept)); got != want {
				t.Errorf("keptCount %s, want %s", got, want)
			}
		})
	}
}

func TestPlanAtOtherTimes(t *testing.T) {
	times := 0
	for _, name := range fixtureNames(t) {
		var at struct {
			Removed map[time.Time][]string `json:"removed_at"`
		}
		if !readJSON(t, &at, name, "expected_at.json") {
			continue
		}
		db := openFixture(t, name, "before.db.gz")
		for now, want := range at.Removed {
			times++
			if p := plan(t, open(t, db, examine.Options{At: now, Containerd: metadata.V2_4})); !slices.Equal(p.Removed, want) {
				t.Errorf("%s at %v: removed %q,\nwant %q", name, now, p.Removed, want)
			}
		}
	}
	if times == 0 {
		t.Error("no fixture has results for other times")
	}
}

func TestCollectEqualsCollectionOfDaemon(t *testing.T) {
	for _, name := range fixtureNames(t) {
		if _, err := os.Stat(filepath.Join(fixturesDir, name, "after.db.gz")); err != nil {
			continue // the large fixture has only the list of removed objects
		}
		_, o := expectedOf(t, name)
		before := openFixture(t, name, "before.db.gz")
		untouched := asJSON(t, inspect(t, before))
		p, collected, err := open(t, before, o).Collect()
		if err != nil || p.Fails != "" {
			t.Fatal(err, p.Fails)
		}
		d, err := examine.Compare(collected, openFixture(t, name, "after.db.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if !d.Empty() {
			t.Errorf("%s: differs from the result of the daemon: %s", name, asJSON(t, d))
		}
		if asJSON(t, inspect(t, before)) != untouched {
			t.Errorf("%s: Collect changed its input", name)
		}
		if again := plan(t, open(t, collected, o)); len(again.Removed) > 0 {
			t.Errorf("%s: a second collection would remove %q", name, again.Removed)
		}
	}
}

func inspect(t testing.TB, db *memkv.DB) *examine.Tree {
	t.Helper()
	tree, err := examine.Inspect(db, "")
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func asJSON(t testing.TB, answer any) string {
	t.Helper()
	data, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRealDatabasesFitTheSchema checks that databases of real daemons have no fault of their schema.
func TestRealDatabasesFitTheSchema(t *testing.T) {
	schemaChecks := []string{"page", "freelist", "startup", "collection", "schema", "shape", "undecodable", "missing",
		"unknown", "digest", "parent-cycle", "snapshotter-name"}
	for _, name := range fixtureNames(t) {
		e, _ := expectedOf(t, name)
		f, err := examine.Check(openFixture(t, name, "before.db.gz"), examine.FsckOptions{Options: examine.Options{At: e.At}})
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range f.Findings {
			if slices.Contains(schemaChecks, finding.Check) {
				t.Errorf("%s: %+v", name, finding)
			}
		}
	}
}

package schema_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// open returns the contents of a bolt file.
func open(t testing.TB, path string) memkv.Frozen {
	t.Helper()
	db, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return frozen(t, db)
}

func frozen(t testing.TB, db *memkv.DB) memkv.Frozen {
	t.Helper()
	var f memkv.Frozen
	err := db.View(func(tx *memkv.Tx) error {
		f = tx.Freeze()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The schema describes every entry in the databases of real daemons of two schemas. All records are complete, all
// values decode, and the records are the objects of the reference graph.
func TestSchemaDescribesDaemonDatabases(t *testing.T) {
	fixtures, err := filepath.Glob("../testdata/fixtures/*/before.db.gz")
	if err != nil || len(fixtures) == 0 {
		t.Fatal("no fixtures", err)
	}
	forms := map[string]bool{}
	for _, fixture := range fixtures {
		db := open(t, fixture)
		objects := map[gc.Node]bool{}
		for e := range schema.Entries(db) {
			if e.Err != nil {
				t.Errorf("%s: %q: %v", fixture, e.Path, e.Err)
			}
			if _, err := e.Decode(); err != nil {
				t.Errorf("%s: %q: %v", fixture, e.Path, err)
			}
			if !e.Bucket && e.Means == "" {
				t.Errorf("%s: %q: the schema has no description", fixture, e.Path)
			}
			if e.Bucket && e.Field == "" && e.Node.Type != 0 {
				objects[e.Node] = true
			}
			forms[e.Form] = true
		}
		g, err := graph.Build(db, graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		stored := map[gc.Node]bool{}
		for id := range gc.ID(g.Len()) {
			if g.Exists(id) {
				stored[g.Node(id)] = true
			}
		}
		if !maps.Equal(objects, stored) {
			t.Errorf("%s: the schema has %d objects, the graph %d", fixture, len(objects), len(stored))
		}
	}
	for _, form := range []string{"", "varint", "binary time", "digest", "text", "protobuf Any", "empty marker"} {
		if !forms[form] {
			t.Errorf("no fixture has the form %q", form)
		}
	}
}

// Entries with a path yields the same entries as Entries of the whole database below that path.
func TestEntriesBelowAPath(t *testing.T) {
	db := open(t, "../testdata/fixtures/c17-labels/before.db.gz")
	all := slices.Collect(schema.Entries(db))
	for _, at := range all {
		var want []string
		for _, e := range all {
			if len(e.Path) >= len(at.Path) && slices.Equal(e.Path[:len(at.Path)], at.Path) {
				want = append(want, entryText(e))
			}
		}
		var got []string
		for e := range schema.Entries(db, at.Path...) {
			got = append(got, entryText(e))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("below %q: %q, want %q", at.Path, got, want)
		}
	}
	for e := range schema.Entries(db, "v1", "no such", "thing") {
		t.Errorf("Entries yields %q below a missing path", e.Path)
	}
}

func entryText(e schema.Entry) string {
	text, _ := e.Decode()
	return strings.Join([]string{strings.Join(e.Path, "/"), schema.NodeName(e.Node), e.Field, e.Form, text}, " ")
}

func TestEntriesOutOfPlace(t *testing.T) {
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		for _, put := range []struct{ path, value string }{
			{"v1/stray", "x"},
			{"v1/ns/images/a/target/digest", "d"},
			{"v1/ns/images/a/color", "red"},
			{"v1/ns/images/a/createdat/oops", "x"},
			{"v1/ns/unknown/deep/er", "x"},
			{"v1/ns/snapshots/native/s/name", "n"},
			{"ns/sandboxes/sb/sandboxer", "x"},
		} {
			names := strings.Split(put.path, "/")
			b, err := tx.CreateBucketIfNotExists([]byte(names[0]))
			for _, name := range names[1 : len(names)-1] {
				if err == nil {
					b, err = b.CreateBucketIfNotExists([]byte(name))
				}
			}
			if err == nil {
				err = b.Put([]byte(names[len(names)-1]), []byte(put.value))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	classes := []struct {
		err  error
		name string
	}{{schema.ErrUnknown, "unknown"}, {schema.ErrMissing, "missing"}, {schema.ErrNotBucket, "not a bucket"}, {schema.ErrNotValue, "not a value"}}
	var got []string
	for e := range schema.Entries(frozen(t, db)) {
		for _, c := range classes {
			if errors.Is(e.Err, c.err) {
				got = append(got, c.name+": "+strings.Join(e.Path, "/"))
			}
		}
	}
	want := []string{
		"missing: ns/sandboxes/sb/createdat", "missing: ns/sandboxes/sb/runtime/name", "missing: ns/sandboxes/sb/updatedat",
		"missing: v1/ns/images/a/target/mediatype", "missing: v1/ns/images/a/target/size", "missing: v1/ns/images/a/updatedat",
		"missing: v1/ns/snapshots/native/s/createdat", "missing: v1/ns/snapshots/native/s/updatedat", "missing: v1/version",
		"not a bucket: v1/stray", "not a value: v1/ns/images/a/createdat",
		"unknown: v1/ns/images/a/color", "unknown: v1/ns/images/a/createdat/oops",
		"unknown: v1/ns/unknown", "unknown: v1/ns/unknown/deep", "unknown: v1/ns/unknown/deep/er",
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The consumer can stop the iteration.
func TestEntriesStop(t *testing.T) {
	db := open(t, "../testdata/fixtures/c242-tiny/before.db.gz")
	for stop := range len(slices.Collect(schema.Entries(db))) {
		n := 0
		for range schema.Entries(db) {
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Fatalf("%d entries, want %d", n, stop+1)
		}
	}
}

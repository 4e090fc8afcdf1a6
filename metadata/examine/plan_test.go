package examine_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func TestPlanWithHypotheticalDeletion(t *testing.T) {
	d := open(t, soundDatabase().database(t), atEpoch())
	if p := plan(t, d); len(p.Removed) > 0 || p.KeptBytes != int64(len(layerBlob+configBlob+manifestBlob)) {
		t.Fatalf("a database without garbage: %s", asJSON(t, p))
	}
	cases := []struct {
		deleted []string
		removed []string
		bytes   int
	}{
		{[]string{"image/ns/app:1"}, []string{"content/ns/" + config, "content/ns/" + manifest}, len(configBlob + manifestBlob)},
		{[]string{"app:1", "lease/ns/l"}, []string{"content/ns/" + config, "content/ns/" + layer, "content/ns/" + manifest},
			len(layerBlob + configBlob + manifestBlob)},
		{[]string{"web"}, []string{"snapshot/ns/native/rw"}, 0},
		{[]string{"content/ns/" + config}, nil, len(configBlob)},
		{[]string{"content/ns/" + config, "web"}, []string{"snapshot/ns/native/base", "snapshot/ns/native/rw"}, len(configBlob)},
	}
	for _, c := range cases {
		p := plan(t, d, c.deleted...)
		want := slices.Sorted(slices.Values(c.removed))
		if !slices.Equal(p.Removed, want) || p.RemovedBytes != int64(c.bytes) || len(p.Deleted) != len(c.deleted) {
			t.Errorf("after %q: %s, want %q and %d bytes", c.deleted, asJSON(t, p), want, c.bytes)
		}
	}
}

// conditions is a database with snapshots that an image keeps by a condition. A blob has a back reference from each of
// them. A container refers to the snapshot "run" and a label to "linked", and "rooted" is a root.
func conditions() tree {
	db := soundDatabase()
	used := tree{"containerd.io/gc.cond.value-usedat": epoch.Add(-time.Hour).Format(time.RFC3339)}
	for _, key := range []string{"cache", "run", "linked", "rooted"} {
		db.at("v1", "ns", "snapshots", "native")[key] = record(tree{"name": key, "labels": maps.Clone(used)})
		db.at("v1", "ns", "images", "app:1", "labels")["containerd.io/gc.cond.snapshot.native/"+key] = "usedat<24h|" + key
		db.at("v1", "ns", "content", "blob")[digestOf(key)] = blobRecord(key, tree{"containerd.io/gc.bref.snapshot.native": key})
	}
	db.at("v1", "ns", "snapshots", "native", "rooted", "labels")["containerd.io/gc.root"] = "yes"
	db.at("v1", "ns", "containers", "runner")["snapshotter"] = "native"
	db.at("v1", "ns", "containers", "runner")["snapshotKey"] = "run"
	db.at("v1", "ns", "content", "blob", layer, "labels")["containerd.io/gc.ref.snapshot.native/linked"] = "linked"
	return db
}

// TestDeletionTakesTheValueOfACondition compares plans of deletions with plans of databases without the records. The
// name of a deleted snapshot keeps its blob only if a reference without a condition leads to the name.
func TestDeletionTakesTheValueOfACondition(t *testing.T) {
	d := open(t, conditions().database(t), atEpoch())
	if p := plan(t, d); len(p.Removed) > 0 {
		t.Fatalf("a database without garbage: %s", asJSON(t, p))
	}
	a, err := d.Account(examine.AccountOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		deleted, removed []string
	}{
		{[]string{"snapshot/ns/native/rooted"}, []string{"content/ns/" + digestOf("rooted")}},
		{[]string{"snapshot/ns/native/cache"}, []string{"content/ns/" + digestOf("cache")}},
		{[]string{"snapshot/ns/native/run"}, nil},
		{[]string{"container/ns/runner"}, nil},
		{[]string{"container/ns/runner", "snapshot/ns/native/run"}, []string{"content/ns/" + digestOf("run")}},
		{[]string{"snapshot/ns/native/linked"}, nil},
	} {
		t.Run(strings.Join(c.deleted, " "), func(t *testing.T) {
			less := conditions()
			for _, name := range c.deleted {
				// The path of kind/ns/NAME is kinds/NAME.
				path := strings.Split(strings.Replace(name, "/ns/", "s/", 1), "/")
				last := len(path) - 1
				delete(less.at("v1", "ns").at(path[:last]...), path[last])
			}
			if p := plan(t, open(t, less.database(t), atEpoch())); !slices.Equal(p.Removed, c.removed) {
				t.Fatalf("without the records: %q, want %q", p.Removed, c.removed)
			}
			p := plan(t, d, c.deleted...)
			if !slices.Equal(p.Removed, c.removed) {
				t.Errorf("removed %q, want %q", p.Removed, c.removed)
			}
			objects := len(c.deleted) + len(c.removed)
			if w, err := d.Why(c.deleted[0], 0); len(c.deleted) == 1 && (err != nil || w.RetainedObjects != objects) {
				t.Errorf("%v, %s, want %d objects", err, asJSON(t, w), objects)
			}
			i := slices.IndexFunc(a.Holders, func(h examine.Holder) bool { return h.Holder == c.deleted[0] })
			if i >= 0 && len(c.deleted) == 1 && a.Holders[i].RetainedObjects != objects {
				t.Errorf("%s, want %d objects", asJSON(t, a.Holders[i]), objects)
			}
		})
	}
}

func TestPlanRefusesToDelete(t *testing.T) {
	d := open(t, soundDatabase().database(t), atEpoch())
	var unknown *examine.NameError
	if _, err := d.Plan("image/ns/app:2"); !errors.As(err, &unknown) || !slices.Equal(unknown.Candidates, []string{"image/ns/app:1"}) {
		t.Errorf("a missing image: %v", err)
	}
	if _, err := d.Plan("ingest/ns/up"); err == nil || !strings.Contains(err.Error(), "ingest/ns/up: a user cannot delete objects of kind ingest") {
		t.Errorf("an ingest: %v", err)
	}
}

// TestVersionIsAssumed checks the assumed version for each schema.
func TestVersionIsAssumed(t *testing.T) {
	cases := []struct {
		schema int64
		want   string
		others int
		notes  int
	}{
		{-1, "1.7", 1, 0}, {0, "1.7", 1, 0}, {1, "1.7", 1, 0}, {3, "1.7", 1, 0}, {4, "2.4", 4, 0}, {5, "2.4", 4, 1}, {1 << 40, "2.4", 4, 1},
	}
	for _, c := range cases {
		db := soundDatabase()
		db.at("v1")["version"] = varint(c.schema)
		p := plan(t, open(t, db.database(t), atEpoch()))
		if p.Containerd != c.want || !p.Assumed || len(p.Others) != c.others || len(p.Notes) != c.notes || p.Schema != int(c.schema) {
			t.Errorf("schema %d: %s", c.schema, asJSON(t, p))
		}
	}
}

func TestOlderVersionOpensNewerSchema(t *testing.T) {
	p := plan(t, open(t, soundDatabase().database(t), examine.Options{At: epoch, Containerd: metadata.V1_7}))
	if p.Assumed || p.MigratedTo != 0 || len(p.Notes) != 1 || len(p.Others) != 0 {
		t.Errorf("got %s", asJSON(t, p))
	}
}

func TestNewerVersionMigrates(t *testing.T) {
	db := soundDatabase()
	db.at("v1")["version"] = varint(3)
	db.at("v1", "ns", "content", "blob")[digestOf("x")] = blobRecord("x", tree{})
	db.at("ns", "sandboxes")["sb"] = record(tree{"runtime": tree{"name": "r"}, "labels": tree{"containerd.io/gc.ref.content": digestOf("x")}})
	kv := db.database(t)
	if p := plan(t, open(t, kv, examine.Options{At: epoch, Containerd: metadata.V1_7})); len(p.Removed) != 1 {
		t.Errorf("1.7 ignores sandboxes beside v1, but: %s", asJSON(t, p))
	}
	if p := plan(t, open(t, kv, examine.Options{At: epoch, Containerd: metadata.V2_0})); len(p.Removed) != 0 || p.MigratedTo != 4 || p.Schema != 3 {
		t.Errorf("2.0 migrates sandboxes beside v1, but: %s", asJSON(t, p))
	}
}

func TestOtherVersionsDiffer(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "content", "blob")[digestOf("x")] = blobRecord("x", tree{"containerd.io/gc.bref.image": "app:1"})
	p := plan(t, open(t, db.database(t), atEpoch()))
	var got []string
	for _, o := range p.Others {
		got = append(got, o.Containerd+":"+strings.Join(o.Removes, ",")+"/"+strings.Join(o.Keeps, ","))
	}
	x := "content/ns/" + digestOf("x")
	if want := []string{"2.0:" + x + "/", "2.1:" + x + "/", "2.2:/", "2.3:/"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlanOfFailingCollection(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "content", "ingests", "up")["expireat"] = "soon"
	p := plan(t, open(t, db.database(t), atEpoch()))
	if p.Fails == "" || len(p.Removed) != 0 || p.Others[0].Fails == "" {
		t.Errorf("got %s", asJSON(t, p))
	}
}

func TestForeignDatabase(t *testing.T) {
	for _, db := range []tree{{}, {"buckets": tree{}}} {
		if _, err := examine.Open(db.database(t), atEpoch()); !errors.Is(err, examine.ErrForeign) {
			t.Errorf("%v: %v", db, err)
		}
	}
}

func TestUsage(t *testing.T) {
	u, err := examine.ReadUsage(strings.NewReader(`
# sizes of snapshots
native base 1000
native	ns/2/rw   20
overlayfs base 5
`))
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, soundDatabase().database(t), examine.Options{At: epoch, Usage: u})
	p := plan(t, d, "web")
	if p.RemovedBytes != 20 || p.UnsizedSnapshots != 0 {
		t.Errorf("got %s", asJSON(t, p))
	}
	top, err := d.Top(0)
	if err != nil || top.UnsizedSnapshots != 0 || top.KeptBytes != 1020+int64(len(layerBlob+configBlob+manifestBlob)) {
		t.Errorf("%v, %s", err, asJSON(t, top))
	}
	unsized := plan(t, open(t, soundDatabase().database(t), atEpoch()), "web")
	if unsized.RemovedBytes != 0 || unsized.UnsizedSnapshots != 1 {
		t.Errorf("without usage: %s", asJSON(t, unsized))
	}
}

func TestUsageKeysMayHaveSpaces(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "snapshots", "native")["extract-1 sha256:00"] = record(tree{"name": "ns/3/extract-1 sha256:00"})
	u, err := examine.ReadUsage(strings.NewReader("native extract-1 sha256:00 77"))
	if err != nil {
		t.Fatal(err)
	}
	if p := plan(t, open(t, db.database(t), examine.Options{At: epoch, Usage: u})); p.RemovedBytes != 77 {
		t.Errorf("got %s", asJSON(t, p))
	}
}

func TestUsageRejects(t *testing.T) {
	for _, text := range []string{"native", "native base", "native base many", "native base -1", "native base 99999999999999999999", "\n\nnative base 1k"} {
		if _, err := examine.ReadUsage(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTop(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "ns", "content", "blob")[digestOf("garbage")] = blobRecord("garbage", tree{})
	top, err := open(t, db.database(t), atEpoch()).Top(2)
	if err != nil {
		t.Fatal(err)
	}
	if top.RootCount != 4 || len(top.Roots) != 2 || top.RemovedBytes != int64(len("garbage")) {
		t.Errorf("got %s", asJSON(t, top))
	}
	// Only the image keeps the manifest and the config. It shares the layer with the lease, and the base snapshot with
	// the container.
	want := examine.Holding{Node: "image/ns/app:1", Kind: "image", RetainedBytes: int64(len(manifestBlob + configBlob)), RetainedObjects: 3,
		SharedBytes: int64(len(layerBlob)), SharedObjects: 2}
	if top.Roots[0] != want {
		t.Errorf("got %+v, want %+v", top.Roots[0], want)
	}
	for _, s := range top.Shares {
		if s.Kind == "content" && (s.Kept != 3 || s.Removed != 1 || s.KeptBytes != top.KeptBytes) {
			t.Errorf("got %+v", s)
		}
	}
}

// TestDatabaseIsSafeForConcurrentUse asks from several goroutines, and expects equal answers.
func TestDatabaseIsSafeForConcurrentUse(t *testing.T) {
	d := open(t, soundDatabase().database(t), atEpoch())
	done := make(chan string)
	for range 4 {
		go func() {
			top, _ := d.Top(0)
			w, _ := d.Why("image/ns/app:1", 0)
			p, _ := d.Plan("web")
			done <- asJSON(t, []any{top, w, p})
		}()
	}
	first := <-done
	for range 3 {
		if other := <-done; other != first {
			t.Error("two answers differ")
		}
	}
}

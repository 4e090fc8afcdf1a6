package examine_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// vocabulary has the names and values of fuzzed databases: those of the schema, and some that refer to each other.
var vocabulary = []string{
	"v1", "version", "ns", "images", "content", "blob", "ingests", "ingest", "snapshots", "containers", "leases", "sandboxes",
	"labels", "target", "digest", "size", "parent", "children", "createdat", "expireat", "expected", "ref", "snapshotter",
	"snapshotKey", "image", "spec", "runtime", "name", "native", "a", "b", "a/b", "", "\xff\x00", manifest, layer,
	"containerd.io/gc.ref.content", "containerd.io/gc.ref.snapshot.native", "containerd.io/gc.ref.image.x",
	"containerd.io/gc.bref.content", "containerd.io/gc.bref.snapshot.native/x", "containerd.io/gc.root", "containerd.io/gc.flat",
	"containerd.io/gc.expire", "containerd.io/gc.cond.snapshot.native", "containerd.io/gc.cond.value-usedat",
	"usedat<24h|a", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", stamp(epoch), varint(3), varint(4), varint(7), varint(-1),
}

// FuzzDatabase checks that no question panics, and that a collection removes exactly the objects of the plan.
func FuzzDatabase(f *testing.F) {
	word := func(s string) byte { return byte(slices.Index(vocabulary, s)) }
	put := func(value string, path ...string) []byte {
		entry := []byte{byte(len(path)), word(value)}
		for _, name := range path {
			entry = append(entry, word(name))
		}
		return entry
	}
	f.Add(slices.Concat(
		put("2020-01-01T00:00:00Z", "v1", "ns", "images", "a", "labels", "containerd.io/gc.expire"),
		put("a", "v1", "ns", "leases", "a", "labels", "containerd.io/gc.flat"),
		put("", "v1", "ns", "leases", "a", "images", "a"),
	))
	f.Add(slices.Concat(
		put("b", "v1", "ns", "snapshots", "native", "a", "parent"), put("a", "v1", "ns", "snapshots", "native", "b", "parent"),
		put("a", "v1", "ns", "snapshots", "a/b", "a", "parent"),
		put("usedat<24h|a", "v1", "ns", "images", "a", "labels", "containerd.io/gc.cond.snapshot.native"),
	))
	f.Add(slices.Concat(
		put("a", "v1", "ns", "content", "ingests", "a", "expireat"), put("a", "v1", "ns", "content", "ingest", "a"),
		put("a", "ns", "sandboxes", "a", "labels", "containerd.io/gc.ref.content"), put(varint(3), "v1", "version"),
	))
	f.Fuzz(askDatabase)
}

// TestRandomDatabases does the same with random databases. Most of their values are at places of the schema, so they
// reach more code than fuzzing in the same time.
func TestRandomDatabases(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range 200 {
		var data []byte
		for range 1 + random.IntN(30) {
			data = append(data, randomPut(random)...)
		}
		askDatabase(t, data)
		if t.Failed() {
			t.Fatalf("seed %d, round %d: %v", seed, round, data)
		}
	}
}

// randomPut returns the bytes for a value, mostly at a place of the schema.
func randomPut(random *rand.Rand) []byte {
	places := []string{
		"v1 ns images * labels *", "v1 ns images * target digest", "v1 ns content blob * labels *", "v1 ns content blob * size",
		"v1 ns content ingests * expireat", "v1 ns content ingests * expected", "v1 ns content ingest *", "v1 ns snapshots * * parent",
		"v1 ns snapshots * * labels *", "v1 ns snapshots * * children *", "v1 ns containers * snapshotter", "v1 ns containers * snapshotKey",
		"v1 ns leases * labels *", "v1 ns leases * content *", "v1 ns leases * snapshots * *", "v1 ns leases * images *",
		"v1 ns sandboxes * labels *", "ns sandboxes * labels *", "v1 version", "v1 * *", "* * * * * *",
	}
	steps := strings.Fields(places[random.IntN(len(places))])
	put := []byte{byte(len(steps)), byte(random.IntN(len(vocabulary)))}
	for _, step := range steps {
		word := random.IntN(len(vocabulary))
		if i := slices.Index(vocabulary, step); i >= 0 && random.IntN(50) > 0 {
			word = i
		}
		put = append(put, byte(word))
	}
	return put
}

// askDatabase adds the encoded values to soundDatabase and asks all questions.
func askDatabase(t *testing.T, data []byte) {
	db := soundDatabase()
	for len(data) >= 2 && data[0] > 0 && int(data[0]) <= len(data)-2 {
		path := data[2 : 2+data[0]]
		put(db, vocabulary[int(data[1])%len(vocabulary)], path)
		data = data[2+len(path):]
	}
	kv := db.database(t)
	for _, v := range []metadata.Version{0, metadata.V1_7, metadata.V2_4} {
		ask(t, kv, examine.Options{At: epoch, Containerd: v})
	}
	if _, err := examine.Inspect(kv, ""); err != nil {
		t.Fatal(err)
	}
}

// put sets a value at a path, unless a value is in the place of a bucket or a bucket in the place of the value.
func put(db tree, value string, path []byte) {
	for i, word := range path {
		name := vocabulary[int(word)%len(vocabulary)]
		_, isValue := db[name].(string)
		switch {
		case name == "" || isValue && i < len(path)-1:
			return
		case i < len(path)-1:
			db = db.at(name)
		case db[name] == nil || isValue:
			db[name] = value
		}
	}
}

// ask asks every question about a database.
func ask(t *testing.T, kv *memkv.DB, o examine.Options) {
	if _, err := examine.Check(kv, examine.FsckOptions{Options: o, Blobs: examine.Dir(fstest.MapFS{})}); err != nil {
		t.Fatal(err)
	}
	d, err := examine.Open(kv, o)
	if err != nil {
		return
	}
	p, collected, err := d.Collect()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Top(0); err != nil && p.Fails == "" {
		t.Errorf("Top fails (%v), but the plan does not", err)
	}
	for _, node := range slices.Concat(p.Removed, []string{"a", "content/ns/" + layer}) {
		_, _ = d.Why(node, 1)
	}
	x, err := examine.Compare(kv, collected)
	if err != nil {
		t.Fatal(err)
	}
	if p.MigratedTo == 0 && (!slices.Equal(x.Removed, p.Removed) || len(x.Added)+len(x.Changed) > 0) {
		t.Errorf("the plan removes %q, but the collection changes %s", p.Removed, asJSON(t, x))
	}
}

// FuzzFile checks that no question about a readable file panics.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"c16-tiny", "c242-tiny", "c242-interrupted"} {
		data, err := os.ReadFile(filepath.Join(fixturesDir, name, "before.db.gz"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		db, err := boltfile.ReadBytes(data, boltfile.WithMaxSize(1<<20))
		if err != nil {
			return
		}
		_, _ = examine.Inspect(db, "")
		_, _ = examine.Check(db, examine.FsckOptions{Options: atEpoch()})
		if d, err := examine.Open(db, atEpoch()); err == nil {
			_, _ = d.Plan()
			_, _ = d.Top(0)
		}
	})
}

func FuzzReadUsage(f *testing.F) {
	f.Add("native base 10\n# x\n\noverlayfs a b 3")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := examine.ReadUsage(strings.NewReader(text))
		if (u == nil) == (err == nil) {
			t.Errorf("%v, %v", u, err)
		}
	})
}

package examine_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A pageTree is the content of a bolt file by path, with the pages that lead to each entry. Names are joined with
// "\x00". A parser of its own makes it: it is the oracle of the search for old records.
type pageTree struct {
	values map[string]string
	pages  map[string][]uint64 // of a value or bucket: all pages from the root on
	live   map[uint64]bool

	overflow map[uint64]bool // pages that continue the one before
}

func readPages(data []byte) *pageTree {
	t := &pageTree{map[string]string{}, map[string][]uint64{}, map[uint64]bool{}, map[uint64]bool{}}
	newest := data[16:]
	if binary.LittleEndian.Uint64(data[pageSize+16+48:]) > binary.LittleEndian.Uint64(newest[48:]) {
		newest = data[pageSize+16:]
	}
	t.page(data, binary.LittleEndian.Uint64(newest[16:]), "", nil)
	return t
}

func (t *pageTree) page(data []byte, id uint64, prefix string, above []uint64) {
	b := data[id*pageSize:]
	pages := slices.Clone(above)
	for i := range uint64(binary.LittleEndian.Uint32(b[12:])) + 1 {
		t.live[id+i], t.overflow[id+i] = true, i > 0
		pages = append(pages, id+i)
	}
	t.elements(data, b, prefix, pages)
}

func (t *pageTree) elements(data, b []byte, prefix string, pages []uint64) {
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
	for i := range int(binary.LittleEndian.Uint16(b[10:])) {
		at := 16 + 16*i
		if b[8] == 1 {
			t.page(data, binary.LittleEndian.Uint64(b[at+8:]), prefix, pages)
			continue
		}
		key := at + u32(at+4)
		value := key + u32(at+8)
		name := prefix + string(b[key:value])
		t.pages[name] = pages
		if u32(at) == 0 {
			t.values[name] = string(b[value : value+u32(at+12)])
			continue
		}
		if root := binary.LittleEndian.Uint64(b[value:]); root != 0 {
			t.page(data, root, name+"\x00", pages)
		} else {
			t.elements(data, b[value+16:value+u32(at+12)], name+"\x00", pages)
		}
	}
}

// record returns the values of a record by their paths in it, and all pages that lead to them.
func (t *pageTree) record(path []string) (values map[string]string, pages map[uint64]bool) {
	prefix := strings.Join(path, "\x00")
	values, pages = map[string]string{}, map[uint64]bool{}
	for name, list := range t.pages {
		rest, below := strings.CutPrefix(name, prefix+"\x00")
		if !below && name != prefix {
			continue
		}
		for _, id := range list {
			pages[id] = true
		}
		if value, ok := t.values[name]; ok {
			values[rest] = value
		}
	}
	return values, pages
}

// place returns the path of a record. A sandbox of containerd 1.7 is beside v1.
func (t *pageTree) place(n gc.Node) []string {
	path := schema.RecordPath(n)
	if version, _ := binary.Varint([]byte(t.values["v1\x00version"])); version < 4 && metadata.KindName(n.Type) == "sandbox" {
		path = []string{n.Namespace, "sandboxes", n.Key}
	}
	return path
}

// own returns the pages of a record without those that lead to the page with its name.
func (t *pageTree) own(path []string, pages map[uint64]bool) map[uint64]bool {
	own := maps.Clone(pages)
	to := t.pages[strings.Join(path, "\x00")]
	for i, id := range to {
		if i < len(to)-1 && !t.overflow[to[i+1]] || i == 0 {
			delete(own, id)
		}
	}
	for i := len(to) - 1; i >= 0; i-- {
		own[to[i]] = true
		if !t.overflow[to[i]] {
			break
		}
	}
	return own
}

// search reads a file, and its unreferenced pages.
func search(t testing.TB, data []byte, opts ...boltfile.ReadOption) (*memkv.DB, *examine.Scavenged) {
	t.Helper()
	s := examine.NewScavenge()
	db, err := boltfile.ReadBytes(data, append(opts, boltfile.WithScavenge(s))...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := examine.DescribeScavenge(db, s)
	if err != nil {
		t.Fatal(err)
	}
	return db, found
}

// TestScavengeFindsDeletedRecords deletes records of each fixture through bbolt, in several transactions. The search
// finds each deleted record whose pages have not been reused, and none that the tree has.
func TestScavengeFindsDeletedRecords(t *testing.T) {
	for _, fixture := range []string{"c242-tiny", "c16-tiny", "c16-basic", "c242-basic", "c242-labels", "c17-labels",
		"c242-interrupted", "up17-242", "v2011-labels", "v227-labels", "c242-large"} {
		t.Run(fixture, func(t *testing.T) {
			if testing.Short() && fixture == "c242-large" {
				t.Skip("large")
			}
			const seed = 7
			random := rand.New(rand.NewPCG(seed, 0))
			path := filepath.Join(t.TempDir(), "meta.db")
			if err := os.WriteFile(path, unzipped(t, filepath.Join(fixturesDir, fixture, "before.db.gz")), 0o600); err != nil {
				t.Fatal(err)
			}
			type deleted struct {
				node   string
				values map[string]string
				pages  map[uint64][]byte // all pages that lead to the record
				own    map[uint64]bool   // the page with its name, and those below it
			}
			var all []deleted
			for tx := range 4 {
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				nodes := nodesOf(t, path)
				if len(nodes) == 0 {
					break
				}
				tree := readPages(before)
				var paths [][]string
				count := 1
				if tx == 0 {
					count = min(40, len(nodes)/3) // frees pages enough to outlast the next transactions
				}
				for range count {
					i := random.IntN(len(nodes))
					node := nodes[i]
					nodes = slices.Delete(nodes, i, i+1)
					n, err := metadata.ParseNode(node)
					if err != nil {
						t.Fatal(err)
					}
					record := deleted{node: node, pages: map[uint64][]byte{}}
					var ids map[uint64]bool
					if record.values, ids = tree.record(tree.place(n)); len(record.values) == 0 {
						t.Fatalf("%s is not in the file", node)
					}
					record.own = tree.own(tree.place(n), ids)
					for id := range ids {
						record.pages[id] = before[id*pageSize : (id+1)*pageSize]
					}
					paths = append(paths, tree.place(n))
					all = append(all, record)
				}
				deleteBuckets(t, path, paths)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			after := readPages(data)
			db, found := search(t, data)
			for _, r := range append(found.Records, found.Older...) {
				if _, err := metadata.ParseNode(r.Node); err != nil {
					t.Errorf("%s: %v", r.Node, err)
				}
			}
			for _, r := range found.Records {
				n, _ := metadata.ParseNode(r.Node)
				if _, ok := after.pages[strings.Join(after.place(n), "\x00")]; ok {
					t.Errorf("%s is reported, but the tree has it", r.Node)
				}
			}
			kept, placed := 0, 0
			for _, d := range all {
				intact, own := true, true
				for id, b := range d.pages {
					same := !after.live[id] && bytes.Equal(data[id*pageSize:(id+1)*pageSize], b)
					intact, own = intact && same, own && (same || !d.own[id])
				}
				switch {
				case intact:
					placed++
					fallthrough
				case own && !hasAlike(after, d.node, d.values):
					kept++
					if err := takesBack(db, found, d.node, d.values, intact); err != nil {
						t.Errorf("seed %d: %s: %v", seed, d.node, err)
					}
				}
			}
			t.Logf("%d of %d deleted records are intact, %d with all pages above; %d pages, %d unplaced; %d records, %d older, nameless %v",
				kept, len(all), placed, found.Pages, found.Unplaced, len(found.Records), len(found.Older), found.Nameless)
			if kept == 0 {
				t.Error("no deleted record is left: the test checks nothing")
			}
		})
	}
}

// hasAlike reports whether the tree has a record of the same kind with the same name or time of creation, in any
// namespace. A record without a known path is not reported then, because it may be a version of that one.
func hasAlike(tree *pageTree, node string, values map[string]string) bool {
	n, _ := metadata.ParseNode(node)
	path := tree.place(n)
	for name, value := range tree.values {
		at := strings.Split(name, "\x00")
		if len(at) <= len(path) || at[0] != path[0] || !slices.Equal(at[2:len(path)-1], path[2:len(path)-1]) {
			continue
		}
		if at[len(path)-1] == path[len(path)-1] || len(at) == len(path)+1 && at[len(path)] == "createdat" && value == values["createdat"] {
			return true
		}
	}
	return false
}

// takesBack checks that a version of a record with the given values can be taken. If exact is set, its whole path must
// be known.
func takesBack(db *memkv.DB, found *examine.Scavenged, node string, want map[string]string, exact bool) error {
	n, err := metadata.ParseNode(node)
	if err != nil {
		return err
	}
	last := errors.New("it is not found")
	for _, r := range found.Records {
		if exact && r.Node != node {
			continue
		}
		into := db.Fork()
		if _, err := found.Take(into, []string{fmt.Sprintf("%s@%d", node, r.Page)}, false); err != nil {
			continue
		}
		last = into.View(func(tx *memkv.Tx) error {
			path := schema.RecordPath(n)
			if tx.BucketAt(path...) == nil {
				path = []string{n.Namespace, "sandboxes", n.Key} // of containerd 1.7
			}
			got := map[string]string{}
			flat(tx.BucketAt(path...).Freeze(), "", got)
			for name, value := range want {
				// The links to children follow the snapshots that exist.
				if got[name] != value && !strings.HasPrefix(name, "children\x00") {
					return fmt.Errorf("page %d: %q is %q, was %q", r.Page, name, got[name], value)
				}
			}
			return nil
		})
		if last == nil {
			return nil
		}
	}
	return last
}

func flat(f memkv.Frozen, prefix string, into map[string]string) {
	for name, e := range f.All() {
		if e.IsBucket() {
			flat(e.Bucket(), prefix+name+"\x00", into)
		} else {
			into[prefix+name] = string(e.Value())
		}
	}
}

func nodesOf(t *testing.T, path string) (nodes []string) {
	t.Helper()
	db, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := examine.Objects(db)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		nodes = append(nodes, o.Node)
	}
	return nodes
}

// deleteBuckets deletes buckets of a file in one transaction of bbolt.
func deleteBuckets(t *testing.T, path string, paths [][]string) {
	t.Helper()
	kv, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer kv.Close()
	if err := kv.Update(func(tx *bolt.Tx) error {
		for _, p := range paths {
			if err := bucket(tx, p[:len(p)-1]...).DeleteBucket([]byte(p[len(p)-1])); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestScavengeFindsSandboxesOf17 deletes the sandbox of containerd 1.7 and takes it again. Later versions migrate it.
func TestScavengeFindsSandboxesOf17(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	if err := os.WriteFile(path, unzipped(t, filepath.Join(fixturesDir, "c17-labels", "before.db.gz")), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const node = "sandbox/default/sb1"
	n, err := metadata.ParseNode(node)
	if err != nil {
		t.Fatal(err)
	}
	tree := readPages(before)
	want, _ := tree.record(tree.place(n))
	if len(want) == 0 {
		t.Fatal("the fixture has no sandbox")
	}
	deleteBuckets(t, path, [][]string{tree.place(n)})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, found := search(t, data)
	if err := takesBack(db, found, node, want, true); err != nil {
		t.Fatal(err)
	}
	if _, err := found.Take(db, []string{node}, false); err != nil {
		t.Fatal(err)
	}
	collectByContainerd(t, "taken", db)
	if err := db.Update(func(tx *memkv.Tx) error {
		if _, err := metadata.Migrate(tx, 4); err != nil {
			return err
		}
		got := map[string]string{}
		flat(tx.BucketAt(schema.RecordPath(n)...).Freeze(), "", got)
		if !maps.Equal(got, want) {
			t.Errorf("migrated %q, want %q", got, want)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestTakeOldRecords deletes an image and changes another one. The deleted one can be taken, the older version of the
// other only with replace, and containerd works with the result.
func TestTakeOldRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	if err := os.WriteFile(path, unzipped(t, filepath.Join(fixturesDir, "c242-basic", "before.db.gz")), 0o600); err != nil {
		t.Fatal(err)
	}
	images := slices.DeleteFunc(nodesOf(t, path), func(n string) bool { return !strings.HasPrefix(n, "image/default/") })
	snapshots := slices.DeleteFunc(nodesOf(t, path), func(n string) bool { return !strings.HasPrefix(n, "snapshot/default/") })
	gone, changed, snapshot := images[0], images[1], snapshots[0]
	recordAt := func(node string) []string {
		n, err := metadata.ParseNode(node)
		if err != nil {
			t.Fatal(err)
		}
		return schema.RecordPath(n)
	}
	kv, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Update(func(tx *bolt.Tx) error {
		for _, node := range []string{gone, snapshot} {
			p := recordAt(node)
			if err := bucket(tx, p[:len(p)-1]...).DeleteBucket([]byte(p[len(p)-1])); err != nil {
				return err
			}
		}
		labels, err := bucket(tx, recordAt(changed)...).CreateBucketIfNotExists([]byte("labels"))
		if err != nil {
			return err
		}
		return labels.Put([]byte("new"), []byte("label"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := kv.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, found := search(t, data)
	before := db.Hash()
	for _, names := range [][]string{{changed}, {gone, changed}, {"image/default/never"}, {gone + "@1"}, {"image"}} {
		if taken, err := found.Take(db, names, false); err == nil {
			t.Errorf("%q: took %q", names, taken)
		}
	}
	if db.Hash() != before {
		t.Error("a refused Take changes the database")
	}
	taken, err := found.Take(db, []string{gone, snapshot}, false)
	if err != nil || len(taken) != 2 {
		t.Fatalf("%q, %v", taken, err)
	}
	if taken, err := found.Take(db, []string{changed}, true); err != nil || !slices.Equal(taken, []string{changed}) {
		t.Fatalf("%q, %v", taken, err)
	}
	if err := db.View(func(tx *memkv.Tx) error {
		if labels := tx.BucketAt(append(recordAt(changed), "labels")...); labels != nil && labels.Get([]byte("new")) != nil {
			t.Error("the newer version is still there")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f, err := examine.Check(db, examine.FsckOptions{Options: examine.Options{At: epoch}})
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range f.Findings {
		if strings.HasPrefix(finding.Check, "child-") {
			t.Errorf("%s %s: %s", finding.Check, finding.Node, finding.Detail)
		}
	}
	collectByContainerd(t, "taken", db)
}

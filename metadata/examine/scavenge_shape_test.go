package examine_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// put stores the tree in a bucket of a bolt file.
func (tr tree) put(b *bolt.Bucket) error {
	for _, name := range slices.Sorted(maps.Keys(tr)) {
		inner, isBucket := tr[name].(tree)
		if !isBucket {
			if err := b.Put([]byte(name), []byte(tr[name].(string))); err != nil {
				return err
			}
			continue
		}
		below, err := b.CreateBucket([]byte(name))
		if err != nil {
			return err
		}
		if err := inner.put(below); err != nil {
			return err
		}
	}
	return nil
}

// onlyShapes returns a file of a database without records. Its unused pages are those of the records at path, below the
// namespace "ns", and no page that leads to them: only the shape of the records tells their place.
func onlyShapes(t *testing.T, path []string, records tree) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "meta.db")
	db := tree{"version": varint(4)}
	at := db.at(append([]string{"ns"}, path...)...)
	maps.Copy(at, records)
	update := func(fn func(tx *bolt.Tx) error) []byte {
		kv, err := bolt.Open(file, 0o600, &bolt.Options{NoFreelistSync: true, PageSize: pageSize})
		if err != nil {
			t.Fatal(err)
		}
		defer kv.Close()
		if err := kv.Update(fn); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	before := update(func(tx *bolt.Tx) error {
		v1, err := tx.CreateBucket([]byte("v1"))
		if err != nil {
			return err
		}
		return db.put(v1)
	})
	tree := readPages(before)
	keep := map[uint64]bool{}
	for name := range records {
		place := slices.Concat([]string{"v1", "ns"}, path, []string{name})
		_, pages := tree.record(place)
		maps.Copy(keep, tree.own(place, pages))
	}
	data := update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("v1")).DeleteBucket([]byte("ns")) })
	after := readPages(data)
	for id := uint64(2); id < uint64(len(data)/pageSize); id++ {
		page := data[id*pageSize:][:pageSize]
		switch {
		case after.live[id]:
			if keep[id] {
				t.Fatalf("page %d is in use again", id)
			}
		case !keep[id]:
			clear(page)
		case string(page) != string(before[id*pageSize:][:pageSize]):
			t.Fatalf("page %d has been overwritten", id)
		}
	}
	return data
}

// TestPlacementByShape finds records of each kind of which only the pages below the bucket of their kind are left.
// Look-alikes in the same bucket are left out.
func TestPlacementByShape(t *testing.T) {
	padding := tree{"padding": strings.Repeat("x", 2000)} // too large for a record inside the page of its kind
	sandbox := record(tree{"runtime": tree{"name": "runc"}, "sandboxer": "podsandbox"})
	for _, c := range []struct {
		kind      string
		path      []string
		records   tree
		lookAlike tree
	}{
		{"image", []string{"images"}, soundDatabase().at("v1", "ns", "images"),
			tree{"target": tree{"digest": "no digest", "mediatype": "", "size": varint(1)}}},
		{"container", []string{"containers"}, soundDatabase().at("v1", "ns", "containers"), tree{"runtime": "a value"}},
		{"sandbox", []string{"sandboxes"}, tree{"pod": sandbox}, tree{"runtime": tree{"name": tree{}}}},
		{"lease", []string{"leases"}, soundDatabase().at("v1", "ns", "leases"), tree{"owner": "another program"}},
		{"content", []string{"content", "blob"}, soundDatabase().at("v1", "ns", "content", "blob"), blobRecord("x", tree{})},
		{"ingest", []string{"content", "ingests"}, soundDatabase().at("v1", "ns", "content", "ingests"), tree{"ref": "a", "expireat": "noon"}},
		{"snapshot", []string{"snapshots", "native"}, soundDatabase().at("v1", "ns", "snapshots", "native"), record(tree{"id": "7"})},
	} {
		for _, large := range []bool{false, true} {
			name := c.kind
			if large {
				name += " with pages of its own"
			}
			t.Run(name, func(t *testing.T) {
				records := maps.Clone(c.records)
				for key, r := range c.records {
					r := maps.Clone(r.(tree))
					if large && c.kind != "ingest" {
						r["labels"] = padding
					}
					records[key] = r
					if c.kind != "content" {
						records[key+" too"] = r
					}
				}
				planted := maps.Clone(records)
				planted["look-alike"] = c.lookAlike
				db, found := search(t, onlyShapes(t, c.path, planted))
				if len(found.Records) != len(records) || len(found.Ambiguous) > 0 {
					t.Errorf("found %s, ambiguous %+v, nameless %v, unplaced %d", asJSON(t, found.Records), found.Ambiguous, found.Nameless, found.Unplaced)
				}
				for key, r := range records {
					node := c.kind + "/?/" + key
					into := "ns/"
					if c.kind == "snapshot" {
						node, into = c.kind+"/?/?/"+key, "ns/native/"
					}
					i := slices.IndexFunc(found.Records, func(o examine.OldRecord) bool { return o.Node == node })
					if i < 0 {
						t.Errorf("%s is not found", node)
						continue
					}
					if found.Records[i].Path != examine.PathFromShape || found.Records[i].Partial {
						t.Errorf("%+v", found.Records[i])
					}
					taken := c.kind + "/" + into + key
					fork := db.Fork()
					if _, err := found.Take(fork, []string{node}, false); err == nil {
						t.Errorf("%s can be taken without a namespace", node)
					}
					if _, err := found.Take(fork, []string{taken}, false); err != nil {
						t.Error(err)
						continue
					}
					sameRecord(t, fork, taken, r.(tree))
				}
			})
		}
	}
}

// sameRecord checks the values of a record, without the list of a snapshot's children.
func sameRecord(t *testing.T, db *memkv.DB, node string, want tree) {
	t.Helper()
	n, err := metadata.ParseNode(node)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.View(func(tx *memkv.Tx) error {
		got, expected := map[string]string{}, map[string]string{}
		flat(tx.BucketAt(schema.RecordPath(n)...).Freeze(), "", got)
		want.flat("", expected)
		children := func(name, _ string) bool { return strings.HasPrefix(name, "children\x00") }
		maps.DeleteFunc(got, children)
		maps.DeleteFunc(expected, children)
		if !maps.Equal(got, expected) {
			t.Errorf("%s: %q, want %q", node, got, expected)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (tr tree) flat(prefix string, into map[string]string) {
	for name, value := range tr {
		if inner, ok := value.(tree); ok {
			inner.flat(prefix+name+"\x00", into)
		} else {
			into[prefix+name] = value.(string)
		}
	}
}

// TestAmbiguousShape has a record with the fields that containers and sandboxes share: it is listed with both kinds,
// and not placed. A container beside it tells the kind.
func TestAmbiguousShape(t *testing.T) {
	either := func() tree { return record(tree{"spec": "", "runtime": tree{"name": "runc"}}) }
	for _, path := range []string{"containers", "sandboxes"} {
		t.Run(path, func(t *testing.T) {
			db, found := search(t, onlyShapes(t, []string{path}, tree{"one": either(), "two": either()}))
			want := []string{"container/?/one", "container/?/two", "sandbox/?/one", "sandbox/?/two"}
			if len(found.Records) > 0 || len(found.Nameless) > 0 || len(found.Ambiguous) != 1 || !slices.Equal(found.Ambiguous[0].Nodes, want) {
				t.Errorf("%s", asJSON(t, found))
			}
			for _, node := range []string{"container/ns/one", "sandbox/ns/one"} {
				if _, err := found.Take(db, []string{node}, false); err == nil {
					t.Errorf("%s can be taken", node)
				}
			}
		})
	}
	t.Run("beside a container", func(t *testing.T) {
		planted := tree{"one": either(), "web": soundDatabase().at("v1", "ns", "containers", "web")}
		_, found := search(t, onlyShapes(t, []string{"containers"}, planted))
		if len(found.Records) != 2 || len(found.Ambiguous) > 0 {
			t.Errorf("%s", asJSON(t, found))
		}
	})
}

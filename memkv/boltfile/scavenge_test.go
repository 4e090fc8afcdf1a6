package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// records searches for buckets v1/NAMESPACE/KIND/NAME, which have a value called "kind" with the name of the kind.
func records() *boltfile.Scavenge {
	s := &boltfile.Scavenge{Fits: func(path []string, content memkv.Frozen) bool {
		return len(path) == 4 && string(content.Get("kind")) == path[2]
	}}
	for _, kind := range []string{"a", "b"} {
		s.Units = append(s.Units, []string{"v1", "", kind, ""})
	}
	return s
}

// aged is a file of bbolt in which records were deleted: of 60 records in 2 namespaces and 2 kinds, the last ones are
// left. Records of kind b have pages of their own.
func aged(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aged.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 1024, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kindOf := func(tx *bbolt.Tx, i int) (*bbolt.Bucket, string) {
		kind := []string{"a", "b"}[i/2%2]
		b, err := tx.CreateBucketIfNotExists([]byte("v1"))
		for _, name := range []string{[]string{"ns1", "ns2"}[i%2], kind} {
			if err == nil {
				b, err = b.CreateBucketIfNotExists([]byte(name))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return b, kind
	}
	const count = 60
	update := func(fn func(tx *bbolt.Tx) error) {
		if err := db.Update(fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *bbolt.Tx) error {
		for i := range count {
			b, kind := kindOf(tx, i)
			record, err := b.CreateBucket(fmt.Appendf(nil, "record %02d", i))
			if err != nil {
				return err
			}
			if err := record.Put([]byte("kind"), []byte(kind)); err != nil {
				return err
			}
			if kind == "b" {
				err = record.Put([]byte("text"), bytes.Repeat([]byte{'t'}, 400+60*i))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, until := range []int{40, 41, 42} {
		update(func(tx *bbolt.Tx) error {
			for i := range until {
				if b, _ := kindOf(tx, i); b.Bucket(fmt.Appendf(nil, "record %02d", i)) != nil {
					if err := b.DeleteBucket(fmt.Appendf(nil, "record %02d", i)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestScavenge(t *testing.T) {
	s := records()
	db, err := boltfile.ReadBytes(aged(t), boltfile.WithScavenge(s))
	if err != nil {
		t.Fatal(err)
	}
	tree := flatten(t, db)
	deleted := map[string]bool{}
	for _, r := range s.Remnants {
		if slices.Contains(r.Path, "") || r.Partial {
			continue
		}
		var i int
		if _, err := fmt.Sscanf(r.Path[3], "record %d", &i); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("v1/ns%d/%s/record %02d", i%2+1, []string{"a", "b"}[i/2%2], i); strings.Join(r.Path, "/") != want {
			t.Errorf("%q, want %s", r.Path, want)
		}
		if text := r.Content.Get("text"); i/2%2 == 1 && len(text) != 400+60*i {
			t.Errorf("record %d has a text of %d bytes", i, len(text))
		}
		name := ""
		for _, part := range r.Path {
			name += fmt.Sprintf("/%q", part)
		}
		if _, ok := tree[name]; !ok {
			deleted[name] = true
		}
	}
	if len(deleted) < 20 {
		t.Errorf("only %d of 42 deleted records are found: %v", len(deleted), deleted)
	}
	if s.Pages == 0 || s.Stopped || s.Omitted != 0 {
		t.Errorf("%d pages, stopped %v, %d omitted", s.Pages, s.Stopped, s.Omitted)
	}
}

// A file written in one piece has no unreferenced pages.
func TestScavengeOfNewFile(t *testing.T) {
	s := records()
	if _, err := boltfile.ReadBytes(small(t), boltfile.WithScavenge(s)); err != nil || s.Pages != 0 || len(s.Remnants) != 0 {
		t.Fatalf("%v: %+v", err, s)
	}
}

// The pages below a damaged page of the tree count as unreferenced, so their records are found.
func TestScavengeBelowDamage(t *testing.T) {
	data := aged(t)
	report, err := boltfile.CheckBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	root := binary.LittleEndian.Uint64(data[int(report.Meta)*report.PageSize+32:])
	whole, err := boltfile.ReadBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range place(data, report.PageSize, root) {
		if strings.Count(e.path, "/") == 1 { // v1
			clear(data[int(e.pages[0])*report.PageSize:][:report.PageSize])
		}
	}
	var losses boltfile.Salvage
	s := records()
	db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithScavenge(s))
	if err != nil || len(flatten(t, db)) != 0 {
		t.Fatalf("%v: the root can be read", err)
	}
	found := map[string]bool{}
	for _, r := range s.Remnants {
		found[r.Path[3]] = true
	}
	for i := 42; i < 60; i++ {
		if !found[fmt.Sprintf("record %02d", i)] {
			t.Errorf("record %d is not found", i)
		}
	}
	if len(flatten(t, whole)) == 0 {
		t.Fatal("the file was empty")
	}
}

// hostile are files made to let a search run long: pages that refer to each other in cycles and many times over, and
// overlapping overflow.
func hostile(t testing.TB, pages int) map[string][]byte {
	sound := aged(t)
	const size = 1024
	file := func(page func(id uint64, b []byte)) []byte {
		data := append(bytes.Clone(sound), make([]byte, pages*size)...)
		first := len(sound) / size
		for id := first; id < first+pages; id++ {
			b := data[id*size : (id+1)*size]
			binary.LittleEndian.PutUint64(b, uint64(id))
			page(uint64(id), b)
		}
		return data
	}
	first := uint64(len(sound) / size)
	leaf := func(b []byte, names []string, child func(i int) uint64) {
		b[8] = 2
		binary.LittleEndian.PutUint16(b[10:], uint16(len(names)))
		end := 16 + 16*len(names)
		for i, name := range names {
			at := 16 + 16*i
			binary.LittleEndian.PutUint32(b[at:], 1)
			binary.LittleEndian.PutUint32(b[at+4:], uint32(end-at))
			binary.LittleEndian.PutUint32(b[at+8:], uint32(len(name)))
			binary.LittleEndian.PutUint32(b[at+12:], 16)
			copy(b[end:], name)
			binary.LittleEndian.PutUint64(b[end+len(name):], child(i))
			end += len(name) + 16
		}
	}
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "ns1", "ns2", "v1", "x"}
	return map[string][]byte{
		"cycles": file(func(id uint64, b []byte) {
			leaf(b, names, func(i int) uint64 { return first + (id+uint64(i))%uint64(pages) })
		}),
		"itself":   file(func(id uint64, b []byte) { leaf(b, names, func(int) uint64 { return id }) }),
		"one page": file(func(_ uint64, b []byte) { leaf(b, names, func(int) uint64 { return first }) }),
		"overflow": file(func(id uint64, b []byte) {
			leaf(b, names, func(i int) uint64 { return first + uint64(i) })
			binary.LittleEndian.PutUint32(b[12:], 1<<20)
		}),
	}
}

// A search of a hostile file ends, and takes memory in proportion to the file.
func TestScavengeHostile(t *testing.T) {
	for name, data := range hostile(t, 600) {
		t.Run(name, func(t *testing.T) {
			s := records()
			fits := s.Fits
			s.Fits = func(path []string, content memkv.Frozen) bool { fits(path, content); return true }
			_, allocated, err := measureOpen(func() (*memkv.DB, error) { return boltfile.ReadBytes(data, boltfile.WithScavenge(s)) })
			if err != nil {
				t.Fatal(err)
			}
			if limit := uint64(1000*len(data) + 1<<28); allocated > limit {
				t.Errorf("%d bytes allocated for a file of %d bytes", allocated, len(data))
			}
			t.Logf("%d bytes, %d allocated, %d remnants", len(data), allocated, len(s.Remnants))
		})
	}
}

// FuzzScavenge searches arbitrary bytes. The search changes nothing in the database, and returns only units that
// fit.
func FuzzScavenge(f *testing.F) {
	f.Add(aged(f))
	for _, data := range hostile(f, 20) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		var losses boltfile.Salvage
		s := records()
		db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithScavenge(s), boltfile.WithMaxSize(8<<20))
		if err != nil {
			return
		}
		for _, r := range s.Remnants {
			if !s.Fits(r.Path, r.Content) {
				t.Fatalf("%q does not fit", r.Path)
			}
		}
		without, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithMaxSize(8<<20))
		if err != nil || without.Hash() != db.Hash() {
			t.Fatalf("the search changes the database: %v", err)
		}
	})
}

// Without meta pages, or with the root beyond the end of the file, nothing of the tree can be read. The search still
// finds its records.
func TestScavengeWithoutTree(t *testing.T) {
	whole := aged(t)
	report, err := boltfile.CheckBytes(whole)
	if err != nil {
		t.Fatal(err)
	}
	noMeta := bytes.Clone(whole)
	clear(noMeta[:2*report.PageSize])
	noRoot := bytes.Clone(whole)
	root := noRoot[int(report.Meta)*report.PageSize+32:]
	first := binary.LittleEndian.Uint64(root) * uint64(report.PageSize)
	for _, c := range []struct {
		name  string
		data  []byte
		least int // records found
	}{{"meta pages", noMeta, 20}, {"end", noRoot[:first], 5}} {
		t.Run(c.name, func(t *testing.T) {
			data := c.data
			if _, err := boltfile.ReadBytes(data); err == nil || errors.Is(err, boltfile.ErrNotBolt) {
				t.Errorf("%v, want the fault of a bolt file", err)
			}
			var losses boltfile.Salvage
			s := records()
			db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithScavenge(s))
			if err != nil {
				t.Fatal(err)
			}
			if len(losses.Losses) != 1 || !losses.Losses[0].Whole() || len(losses.Faults) == 0 || len(flatten(t, db)) != 0 {
				t.Errorf("losses %v, faults %v", losses.Losses, losses.Faults)
			}
			found := map[string]bool{}
			for _, r := range s.Remnants {
				found[r.Path[3]] = true
			}
			if len(found) < c.least {
				t.Errorf("only %d of 60 records are found", len(found))
			}
		})
	}
	if _, err := boltfile.ReadBytes(make([]byte, 1<<16), boltfile.WithSalvage(&boltfile.Salvage{})); !errors.Is(err, boltfile.ErrNotBolt) {
		t.Errorf("a file of zeros: %v", err)
	}
}

package boltfile_test

import (
	"bytes"
	"encoding/binary"
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

// A placed value is a value of a sound file, with the pages that lead to it.
type placed struct {
	path  string // quoted names
	value string
	pages []uint64
}

// place lists the values and buckets of a sound file with a parser of its own. It is the oracle of the salvage tests.
func place(data []byte, pageSize int, root uint64) (list []placed) {
	var page func(b []byte, path string, pages []uint64)
	tree := func(id uint64, path string, pages []uint64) {
		b := data[int(id)*pageSize:]
		page(b, path, append(pages[:len(pages):len(pages)], id))
	}
	page = func(b []byte, path string, pages []uint64) {
		u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
		for i := range int(binary.LittleEndian.Uint16(b[10:])) {
			at := 16 + 16*i
			if b[8] == 1 {
				tree(binary.LittleEndian.Uint64(b[at+8:]), path, pages)
				continue
			}
			start := at + u32(at+4)
			key, value := b[start:start+u32(at+8)], b[start+u32(at+8):start+u32(at+8)+u32(at+12)]
			name := fmt.Sprintf("%s/%q", path, key)
			if u32(at) == 0 {
				list = append(list, placed{name, string(value), pages})
				continue
			}
			list = append(list, placed{name, "", pages})
			if below := binary.LittleEndian.Uint64(value); below != 0 {
				tree(below, name, pages)
			} else {
				page(value[16:], name, pages)
			}
		}
	}
	tree(root, "", nil)
	return list
}

// flatten lists the content of a database as place does.
func flatten(t testing.TB, db *memkv.DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	var add func(f memkv.Frozen, path string)
	add = func(f memkv.Frozen, path string) {
		for key, e := range f.All() {
			name := fmt.Sprintf("%s/%q", path, key)
			all[name] = string(e.Value())
			if e.IsBucket() {
				add(e.Bucket(), name)
			}
		}
	}
	if err := db.View(func(tx *memkv.Tx) error { add(tx.Freeze(), ""); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each page of each fixture is zeroed in turn. A salvage has exactly the entries whose pages are all left, reports a
// loss if and only if some are not, and is sound for bbolt after it is written.
func TestSalvageWithoutOnePage(t *testing.T) {
	for _, path := range fixtures(t) {
		if testing.Short() && path == largeFixture {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) {
			data := unpack(t, path)
			report, err := boltfile.CheckBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			meta := data[int(report.Meta)*report.PageSize:]
			entries := place(data, report.PageSize, binary.LittleEndian.Uint64(meta[32:]))
			heads := map[uint64]bool{}
			for _, e := range entries {
				for _, id := range e.pages {
					heads[id] = true
				}
			}
			const samples = 25
			step := max(1, len(heads)/samples)
			pages := 0
			for id := uint64(2); id < report.Pages; id++ {
				if !heads[id] {
					continue
				}
				if pages++; pages > 3 && pages%step != 0 {
					continue
				}
				damaged := bytes.Clone(data)
				clear(damaged[int(id)*report.PageSize:][:report.PageSize])
				checkSalvage(t, damaged, entries, id, pages%5 == 0)
			}
		})
	}
}

// checkSalvage salvages a file with one lost page.
func checkSalvage(t *testing.T, damaged []byte, entries []placed, page uint64, withBolt bool) {
	t.Helper()
	if _, err := boltfile.ReadBytes(damaged); err == nil {
		t.Fatalf("page %d: no error without salvage", page)
	}
	var s boltfile.Salvage
	db, err := boltfile.ReadBytes(damaged, boltfile.WithSalvage(&s))
	if err != nil {
		t.Fatalf("page %d: %v", page, err)
	}
	if len(s.Losses) != 1 || s.Losses[0].Page != page || s.Omitted != 0 {
		t.Fatalf("page %d: losses %v", page, s.Losses)
	}
	got := flatten(t, db)
	for _, e := range entries {
		lost := slices.Contains(e.pages, page)
		value, ok := got[e.path]
		if ok == lost || ok && value != e.value {
			t.Fatalf("page %d: %s: found %v, want %v", page, e.path, ok, !lost)
		}
		if lost {
			checkRange(t, s.Losses[0], e.path)
		}
		delete(got, e.path)
	}
	if len(got) != 0 {
		t.Fatalf("page %d: %d entries from nowhere", page, len(got))
	}
	if withBolt {
		out := filepath.Join(t.TempDir(), "out.db")
		if err := boltfile.WriteFile(out, db, boltfile.WithoutFreelist()); err != nil {
			t.Fatal(err)
		}
		if dumpBolt(t, out) != dumpDB(t, db) {
			t.Fatalf("page %d: bbolt reads something else", page)
		}
	}
}

// checkRange checks that a lost entry lies in the range of keys of the loss.
func checkRange(t *testing.T, l boltfile.Loss, path string) {
	t.Helper()
	prefix := ""
	for _, name := range l.Bucket {
		prefix += fmt.Sprintf("/%q", name)
	}
	rest, ok := strings.CutPrefix(path, prefix+"/")
	var key string
	if _, err := fmt.Sscanf(rest, "%q", &key); !ok || err != nil ||
		string(l.Low) > key || l.High != nil && key >= string(l.High) {
		t.Fatalf("%s is lost, but the loss is %q from %q to %q", path, l.Bucket, l.Low, l.High)
	}
}

// A salvage of a sound file is the file's content, and has no losses.
func TestSalvageOfSoundFile(t *testing.T) {
	s := boltfile.Salvage{Omitted: 7}
	data := small(t)
	db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&s))
	if err != nil || s.Lossy() || s.Omitted != 0 || len(s.Faults) != 0 {
		t.Fatalf("%v, %+v", err, s)
	}
	whole, err := boltfile.ReadBytes(data)
	if err != nil || dumpDB(t, whole) != dumpDB(t, db) {
		t.Fatalf("%v: the content differs", err)
	}
}

// A salvage of half a file has the pages in that half.
func TestSalvageOfTruncatedFile(t *testing.T) {
	data := small(t)
	var s boltfile.Salvage
	found := 0
	for pages := 1; pages < len(data)/1024; pages++ {
		db, err := boltfile.ReadBytes(data[:pages*1024], boltfile.WithSalvage(&s))
		if err != nil {
			continue // the root is missing
		}
		found++
		if !s.Lossy() || len(s.Faults) == 0 {
			t.Errorf("%d pages: %+v", pages, s)
		}
		if len(flatten(t, db)) == 0 && s.Losses[0].Bucket != nil {
			t.Errorf("%d pages: nothing is left, but the losses are %v", pages, s.Losses)
		}
	}
	if report, err := boltfile.CheckBytes(data); err != nil || found > int(report.Pages) {
		t.Fatal(found, err)
	}
}

// With the newest root zeroed, the previous transaction is the state before the last commit.
func TestPreviousTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(n int) {
		t.Helper()
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(fmt.Appendf(nil, "bucket %d", n%3))
			for i := 0; i < 50 && err == nil; i++ {
				err = b.Put(fmt.Appendf(nil, "key %d", i), fmt.Appendf(nil, "value %d of commit %d", i, n))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	defer db.Close()
	previous := ""
	for n := range 12 {
		commit(n)
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(copied, 0o600) }); err != nil {
			t.Fatal(err)
		}
		now := dumpBolt(t, copied)
		// The copy of bbolt has one state twice. The file itself has two.
		data := read(t, path)
		report, err := boltfile.CheckBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		root := binary.LittleEndian.Uint64(data[int(report.Meta)*report.PageSize+32:])
		clear(data[int(root)*report.PageSize:][:report.PageSize])
		if _, err := boltfile.ReadBytes(data); err == nil {
			t.Fatal("no error without the root")
		}
		if n > 0 {
			before, err := boltfile.ReadBytes(data, boltfile.WithPrevious())
			if err != nil {
				t.Fatal(err)
			}
			if dumpDB(t, before) != previous {
				t.Fatalf("commit %d: the previous state is another", n)
			}
		}
		previous = now
	}
	data := read(t, path)
	clear(data[:100])
	if _, err := boltfile.ReadBytes(data, boltfile.WithPrevious()); err == nil {
		t.Fatal("no error without a second meta page")
	}
}

// FuzzSalvage reads arbitrary bytes. The result can be written and read again, and is whole if the file is.
func FuzzSalvage(f *testing.F) {
	sound := small(f)
	f.Add(sound)
	for page := range len(sound) / 1024 {
		damaged := bytes.Clone(sound)
		clear(damaged[page*1024:][:1024])
		f.Add(damaged)
		for i := 0; i < 64; i += 5 {
			damaged := bytes.Clone(sound)
			damaged[page*1024+i] ^= 0x41
			f.Add(damaged)
		}
		f.Add(sound[:page*1024])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s boltfile.Salvage
		db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&s), boltfile.WithMaxSize(8<<20))
		whole, wholeErr := boltfile.ReadBytes(data, boltfile.WithMaxSize(8<<20))
		if err != nil {
			if wholeErr == nil {
				t.Fatalf("readable, but not with salvage: %v", err)
			}
			return
		}
		if wholeErr == nil && (s.Lossy() || dumpDB(t, db) != dumpDB(t, whole)) {
			t.Fatalf("sound, but salvaged otherwise: %+v", s)
		}
		if wholeErr != nil && !s.Lossy() && len(s.Faults) == 0 {
			t.Fatalf("no loss is reported, but the read fails: %v", wholeErr)
		}
		var b bytes.Buffer
		if err := db.View(func(tx *memkv.Tx) error { _, err := boltfile.Write(&b, tx); return err }); err != nil {
			t.Fatal(err)
		}
		again, err := boltfile.ReadBytes(b.Bytes())
		if err != nil || dumpDB(t, again) != dumpDB(t, db) {
			t.Fatalf("changed by writing and reading it: %v", err)
		}
	})
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

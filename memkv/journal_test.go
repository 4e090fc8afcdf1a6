package memkv_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// differences adds the path of each entry that differs between two states. Path elements are joined by "/"; the last is
// "" for a sequence. It does not descend into buckets that only one state has.
func differences(was, is memkv.Frozen, path string, all map[string]bool) {
	if was.Sequence() != is.Sequence() {
		all[path] = true
	}
	entries := map[string][2]memkv.Entry{}
	for key, e := range was.All() {
		entries[key] = [2]memkv.Entry{e}
	}
	for key, e := range is.All() {
		both := entries[key]
		both[1] = e
		entries[key] = both
	}
	for key, e := range entries {
		switch {
		case e[0].IsBucket() && e[1].IsBucket():
			differences(e[0].Bucket(), e[1].Bucket(), path+key+"/", all)
		case e[0].IsBucket() != e[1].IsBucket() || string(e[0].Value()) != string(e[1].Value()) || (e[0].Value() == nil) != (e[1].Value() == nil):
			all[path+key] = true
		}
	}
}

// covered reports whether the changes contain an entry or a bucket around it.
func covered(changes map[string]bool, entry string) bool {
	if changes[entry] {
		return true
	}
	for i, c := range entry {
		if c == '/' && changes[entry[:i]] {
			return true
		}
	}
	return false
}

// small is a bucket with one value.
var small = func() memkv.Frozen {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error { return mustCreate(tx.Cursor().Bucket(), "b").Put([]byte("v0"), nil) }))
	f, _ := snapshot(db).Bucket("b")
	return f
}()

// scribble changes random entries of random buckets, up to a depth of three.
func scribble(r *rand.Rand, tx *memkv.Tx, n int) {
	for range n {
		b := tx.Cursor().Bucket()
		for range r.IntN(4) {
			child, err := b.CreateBucketIfNotExists(fmt.Appendf(nil, "b%d", r.IntN(3)))
			must(err)
			b = child
		}
		key := fmt.Appendf(nil, "v%d", r.IntN(40))
		name := fmt.Appendf(nil, "b%d", r.IntN(3))
		switch r.IntN(9) {
		case 0, 1, 2:
			if b != tx.Cursor().Bucket() {
				must(b.Put(key, fmt.Append(nil, r.IntN(3))))
			}
		case 3:
			must(b.Delete(key))
		case 4:
			_ = b.DeleteBucket(name)
		case 5:
			must(b.PutBucket(name, small))
		case 6:
			must(b.SetSequence(r.Uint64N(4)))
		case 7:
			to, err := tx.Cursor().Bucket().CreateBucketIfNotExists(fmt.Appendf(nil, "m%d", r.IntN(3)))
			must(err)
			_ = b.MoveBucket(name, to)
		case 8:
			c := b.Cursor()
			if k, v := c.First(); k != nil && v != nil {
				must(c.Delete())
			}
		}
	}
}

// The changes since a position contain every entry that differs, and no entry that no call named.
func TestChanges(t *testing.T) {
	met := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		db := memkv.New()
		must(db.Update(func(tx *memkv.Tx) error { scribble(r, tx, r.IntN(200)); return nil }))
		var was memkv.Frozen
		var since memkv.Position
		look := func(tx *memkv.Tx) error { was, since = tx.Freeze(), tx.Position(); return nil }
		must(db.View(look))
		for range 6 {
			if r.IntN(3) == 0 {
				must(db.View(look))
			}
			err := db.Update(func(tx *memkv.Tx) error {
				scribble(r, tx, r.IntN(20))
				if r.IntN(4) == 0 {
					return fmt.Errorf("rolled back")
				}
				if r.IntN(4) == 0 {
					return look(tx)
				}
				return nil
			})
			_ = err
			must(db.View(func(tx *memkv.Tx) error {
				list, ok := tx.Changes(since)
				if !ok {
					t.Fatalf("seed %d: the changes are unknown", seed)
				}
				changes, n := map[string]bool{}, 0
				for c := range list {
					changes[strings.Join(append(c.Path[:len(c.Path):len(c.Path)], c.Key), "/")] = true
					n++
				}
				if got := tx.CountChanges(since); got != n {
					t.Fatalf("seed %d: CountChanges is %d for %d changes", seed, got, n)
				}
				differ := map[string]bool{}
				differences(was, tx.Freeze(), "", differ)
				for entry := range differ {
					met++
					if !covered(changes, entry) {
						t.Fatalf("seed %d: %q differs, but is not among the changes %v", seed, entry, changes)
					}
				}
				return nil
			}))
		}
	}
	if met < 1000 {
		t.Errorf("only %d differences compared", met)
	}
}

// A change is listed with its path. A commit without a change, a read and a rollback list nothing.
func TestChangesOfOneCommit(t *testing.T) {
	db := memkv.New()
	var start memkv.Position
	must(db.View(func(tx *memkv.Tx) error { start = tx.Position(); return nil }))
	must(db.Update(func(tx *memkv.Tx) error {
		b := mustCreate(mustCreate(tx.Cursor().Bucket(), "a"), "b")
		must(b.Put([]byte("k"), nil))
		return b.SetSequence(7)
	}))
	must(db.Update(func(*memkv.Tx) error { return nil }))
	_ = db.Update(func(tx *memkv.Tx) error { mustCreate(tx.Cursor().Bucket(), "c"); return fmt.Errorf("no") })
	must(db.View(func(tx *memkv.Tx) error {
		list, _ := tx.Changes(start)
		var got []string
		for c := range list {
			got = append(got, fmt.Sprintf("%q %q", c.Path, c.Key))
		}
		if want := `[[] "a" ["a"] "b" ["a" "b"] "k" ["a" "b"] ""]`; fmt.Sprint(got) != want {
			t.Errorf("%v, want %v", got, want)
		}
		return nil
	}))
}

// Changes are unknown for a position of another database, of a fork, of a later state and of a rolled back transaction,
// and if a transaction was open when the database began to record.
func TestChangesUnknown(t *testing.T) {
	position := func(db *memkv.DB) (p memkv.Position) {
		must(db.View(func(tx *memkv.Tx) error { p = tx.Position(); return nil }))
		return p
	}
	change := func(db *memkv.DB) {
		must(db.Update(func(tx *memkv.Tx) error { scribble(rand.New(rand.NewPCG(1, 1)), tx, 5); return nil }))
	}
	db := memkv.New()
	var rolledBack memkv.Position
	_ = db.Update(func(tx *memkv.Tx) error { rolledBack = tx.Position(); return fmt.Errorf("no") })
	old, err := db.Begin(false)
	must(err)
	during := memkv.New()
	var early memkv.Position
	must(during.Update(func(tx *memkv.Tx) error { early = position(during); return tx.Cursor().Bucket().SetSequence(1) }))
	first := position(db)
	fork := db.Fork()
	position(fork)
	change(fork)
	change(db)
	for name, c := range map[string]struct {
		db    *memkv.DB
		since memkv.Position
	}{
		"zero": {db, memkv.Position{}}, "rolled back": {db, rolledBack}, "fork": {db, position(fork)}, "of the parent": {fork, first},
		"open transaction": {during, early},
	} {
		must(c.db.View(func(tx *memkv.Tx) error {
			if _, ok := tx.Changes(c.since); ok {
				t.Errorf("%s: the changes are known", name)
			}
			return nil
		}))
	}
	if _, ok := old.Changes(position(db)); ok {
		t.Error("later: the changes are known")
	}
	must(old.Rollback())
}

// TestFirstPositionInWriter takes the first Position of a database in a writing transaction: it is the point after that
// transaction's commit.
func TestFirstPositionInWriter(t *testing.T) {
	db := memkv.New()
	var since memkv.Position
	create := func(name string) {
		must(db.Update(func(tx *memkv.Tx) error {
			mustCreate(tx.Cursor().Bucket(), name)
			if name == "a" {
				since = tx.Position()
			}
			return nil
		}))
	}
	create("a")
	create("b")
	must(db.View(func(tx *memkv.Tx) error {
		changes, known := tx.Changes(since)
		if !known {
			t.Fatal("the changes are not known")
		}
		var keys []string
		for c := range changes {
			keys = append(keys, c.Key)
		}
		if len(keys) != 1 || keys[0] != "b" {
			t.Errorf("changed %q, want b", keys)
		}
		return nil
	}))
}

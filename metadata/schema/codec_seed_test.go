package schema

import (
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// addStored adds every value of a real daemon's database to the corpus of a fuzz target.
func addStored(f *testing.F) {
	db, err := boltfile.Open("../testdata/fixtures/c242-labels/before.db.gz")
	if err != nil {
		f.Fatal(err)
	}
	defer db.Close()
	seen := map[string]bool{}
	var add func(b memkv.Frozen)
	add = func(b memkv.Frozen) {
		for _, e := range b.All() {
			if e.IsBucket() {
				add(e.Bucket())
			} else if v := string(e.Value()); !seen[v] {
				seen[v] = true
				f.Add([]byte(v))
			}
		}
	}
	_ = db.View(func(tx *memkv.Tx) error {
		add(tx.Freeze())
		return nil
	})
	if len(seen) == 0 {
		f.Fatal("no values")
	}
}

package storage_test

import (
	"slices"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// fields are the names in a snapshotter's record that a fuzzed byte selects.
var fields = []string{"id", "kind", "parent", "size", "inodes", "createdat", "updatedat"}

// FuzzRecords reads databases with any values in the records. Each byte of the input begins a put: it selects the
// snapshot and the field, and the following byte is the length of the value. What is undamaged must be consistent.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("\x00\x01\x01\x01\x01\x03\x03\x01\x02"))
	f.Add([]byte("\x00\x01\x01\x01\x01\x03\x08\x01\x02\x09\x01\x01\x0a\x011"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := storage.Read(frozen(t, fuzzed(t, data)))
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for r := range s.All() {
			names = append(names, r.Name)
			if s.Lookup(r.Name) != r {
				t.Errorf("%q is not found by its name", r.Name)
			}
			if found := s.ByID(r.ID); r.ID != 0 && (found == nil || found.ID != r.ID) {
				t.Errorf("%q is not found by its ID", r.Name)
			}
			if r.Size < 0 || r.Inodes < 0 {
				t.Errorf("%q: size %d, inodes %d", r.Name, r.Size, r.Inodes)
			}
			if r.Damage == nil && (r.ID == 0 || r.Kind < snapshots.KindView || r.Kind > snapshots.KindCommitted) {
				t.Errorf("%+v is not damaged", r)
			}
			s.Linked(r)
			r.Key()
		}
		if len(names) != s.Len() || !slices.IsSorted(names) {
			t.Errorf("%q, %d", names, s.Len())
		}
	})
}

// fuzzed returns the database that the bytes describe.
func fuzzed(t *testing.T, data []byte) *memkv.DB {
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		v1, err := tx.CreateBucket([]byte("v1"))
		if err != nil {
			return err
		}
		parents, err := v1.CreateBucket([]byte("parents"))
		if err != nil {
			return err
		}
		all, err := v1.CreateBucket([]byte("snapshots"))
		if err != nil {
			return err
		}
		for len(data) >= 2 && int(data[1]) <= len(data)-2 {
			selected, value := int(data[0]), data[2:2+int(data[1])]
			data = data[2+len(value):]
			record, err := all.CreateBucketIfNotExists([]byte{byte('a' + selected/len(fields)%8)})
			switch {
			case err != nil:
				return err
			case selected >= 200 && len(value) > 0:
				err = parents.Put(value, value)
			case selected < 200:
				err = record.Put([]byte(fields[selected%len(fields)]), value)
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
	return db
}

package examine_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// TestObjects compares the nodes with Names, and the sum of the bytes with the shares of Top.
func TestObjects(t *testing.T) {
	db, err := boltfile.Open("../testdata/fixtures/c242-labels/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := examine.Objects(db)
	if err != nil {
		t.Fatal(err)
	}
	names, err := examine.Names(db)
	if err != nil || len(objects) != len(names) {
		t.Fatalf("%d objects, %d names: %v", len(objects), len(names), err)
	}
	var sum, stored int64
	for i, o := range objects {
		if o.Node != names[i] {
			t.Errorf("object %d is %s, but name %d is %s", i, o.Node, i, names[i])
		}
		sum += o.Bytes
	}
	top, err := open(t, db, atEpoch()).Top(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range top.Shares {
		stored += s.KeptBytes + s.RemovedBytes + s.SharedKeptBytes + s.SharedRemovedBytes
	}
	if sum != stored || sum == 0 {
		t.Errorf("the objects have %d bytes, but the shares have %d", sum, stored)
	}
}

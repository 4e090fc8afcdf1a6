package storage_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

func Example() {
	db, err := boltfile.Open("testdata/overlayfs.db.gz")
	if err != nil {
		fmt.Println(err)
		return
	}
	var frozen memkv.Frozen
	_ = db.View(func(tx *memkv.Tx) error {
		frozen = tx.Freeze()
		return nil
	})
	s, err := storage.Read(frozen)
	if err != nil {
		fmt.Println(err)
		return
	}
	for snapshot := range s.All() {
		if snapshot.Sized {
			fmt.Printf("%s is in %s and takes %d bytes\n", snapshot.Name, snapshot.Dir(), snapshot.Size)
		} else {
			fmt.Printf("%s is in %s and has no recorded size\n", snapshot.Name, snapshot.Dir())
		}
	}
	// Output:
	// k8s.io/2/sha256:9669de8b5d30bf7fbd42249ccfa9698a974257021194d31bccbef7b5540c7f46 is in snapshots/1 and takes 20480 bytes
	// k8s.io/4/sha256:63da3bbc7d3e7b95474ca0b0deff878bd2757508965f87da47c9030739a0a351 is in snapshots/2 and takes 36864 bytes
	// k8s.io/5/c1 is in snapshots/3 and has no recorded size
}

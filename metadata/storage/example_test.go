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
		namespace, key, _ := snapshot.Key()
		size := "has no recorded size"
		if snapshot.Sized {
			size = fmt.Sprintf("takes %d bytes", snapshot.Size)
		}
		fmt.Printf("%s of %s is in %s and %s\n", key[:min(len(key), 16)], namespace, snapshot.Dir(), size)
	}
	// Output:
	// sha256:9669de8b5 of k8s.io is in snapshots/1 and takes 20480 bytes
	// sha256:63da3bbc7 of k8s.io is in snapshots/2 and takes 36864 bytes
	// c1 of k8s.io is in snapshots/3 and has no recorded size
}

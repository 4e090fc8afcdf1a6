package boltfile_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// Read a node's metadata without the node.
func Example() {
	db, err := boltfile.Open("testdata/meta.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	err = db.View(func(tx *memkv.Tx) error {
		return tx.BucketAt("v1", "default", "images").ForEach(func(name, _ []byte) error {
			fmt.Printf("%s\n", name)
			return nil
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// example.local/scratch:latest
}

// Write a database that was changed in memory to a file that bolt opens.
func ExampleWriteFile() {
	db, err := boltfile.Open("testdata/meta.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	err = db.Update(func(tx *memkv.Tx) error {
		return tx.BucketAt("v1", "default").DeleteBucket([]byte("images"))
	})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.db")
	if err := boltfile.WriteFile(path, db); err != nil {
		log.Fatal(err)
	}

	report, err := boltfile.Check(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d buckets and %d keys on %d pages of %d bytes; faults: %d\n",
		report.Buckets, report.Keys, report.UsedPages, report.PageSize, len(report.Faults))
	// Output:
	// 44 buckets and 90 keys on 26 pages of 4096 bytes; faults: 0
}

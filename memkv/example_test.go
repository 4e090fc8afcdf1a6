package memkv_test

import (
	"fmt"
	"os"

	"github.com/holdfast-gc/holdfast/memkv"
)

func Example() {
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		images, err := tx.CreateBucketIfNotExists([]byte("images"))
		if err != nil {
			return err
		}
		return images.Put([]byte("alpine"), []byte("sha256:1234"))
	})
	if err != nil {
		fmt.Println(err)
	}
	err = db.View(func(tx *memkv.Tx) error {
		fmt.Printf("%s\n", tx.Bucket([]byte("images")).Get([]byte("alpine")))
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: sha256:1234
}

// A fork tries a change without affecting the database.
func ExampleDB_Fork() {
	db := memkv.New()
	create := func(name string) func(tx *memkv.Tx) error {
		return func(tx *memkv.Tx) error {
			_, err := tx.CreateBucket([]byte(name))
			return err
		}
	}
	if err := db.Update(create("kept")); err != nil {
		fmt.Println(err)
	}
	fork := db.Fork()
	fmt.Println(db.Hash() == fork.Hash())
	if err := fork.Update(create("tried")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(db.Hash() == fork.Hash())
	// Output:
	// true
	// false
}

// A Builder builds a record of several keys in one pass, and PutBucket stores it in one call.
func ExampleBucket_PutBucket() {
	var record memkv.Builder
	for _, err := range []error{
		record.Put([]byte("createdat"), []byte("2026-01-01")),
		record.Enter([]byte("labels"), 0),
		record.Put([]byte("env"), []byte("test")),
		record.Leave(),
	} {
		if err != nil {
			fmt.Println(err)
		}
	}
	frozen, err := record.Frozen()
	if err != nil {
		fmt.Println(err)
	}
	err = memkv.New().Update(func(tx *memkv.Tx) error {
		if err := tx.PutBucket([]byte("alpine"), frozen); err != nil {
			return err
		}
		return tx.Dump(os.Stdout)
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// sequence 0
	// "alpine" sequence 0
	//   "createdat" = "2026-01-01"
	//   "labels" sequence 0
	//     "env" = "test"
}

package bbolt_test

import (
	"fmt"

	bolt "github.com/holdfast-gc/holdfast/memkv/bbolt"
)

// A database is closed and opened again, as in the test of a restart.
func Example() {
	defer bolt.Remove("state.db")
	for range 2 {
		db, err := bolt.Open("state.db", 0o600, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		err = db.Update(func(tx *bolt.Tx) error {
			starts, err := tx.CreateBucketIfNotExists([]byte("starts"))
			if err != nil {
				return err
			}
			n, err := starts.NextSequence()
			fmt.Println("start", n)
			return err
		})
		if err != nil {
			fmt.Println(err)
		}
		db.Close()
	}
	// Output:
	// start 1
	// start 2
}

package main

import (
	"maps"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// A tree is a bucket. Each value is a tree or a []byte.
type tree map[string]any

// at returns the bucket at path and creates missing buckets.
func (t tree) at(path ...string) tree {
	for _, name := range path {
		if t[name] == nil {
			t[name] = tree{}
		}
		t = t[name].(tree)
	}
	return t
}

func (t tree) put(key, value string) { t[key] = []byte(value) }

// write creates a bolt file from the tree. Equal trees give equal bytes: each transaction changes the buckets of a
// single path, because bbolt spills sibling buckets in random order. Finally, write clears the free pages.
func (t tree) write(path string, pageSize int) error {
	db, err := bolt.Open(path, 0o644, &bolt.Options{PageSize: pageSize, NoSync: true})
	if err != nil {
		return err
	}
	if err := t.store(db, nil); err != nil {
		return err
	}
	free, err := freePages(db)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for _, id := range free {
		if _, err := file.WriteAt(make([]byte, pageSize), int64(id*pageSize)); err != nil {
			return err
		}
	}
	return file.Close()
}

func (t tree) store(db *bolt.DB, path []string) error {
	names := slices.Sorted(maps.Keys(t))
	if len(path) > 0 {
		err := db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
			for _, name := range path[1:] {
				if err == nil {
					b, err = b.CreateBucketIfNotExists([]byte(name))
				}
			}
			for _, name := range names {
				if value, plain := t[name].([]byte); plain && err == nil {
					err = b.Put([]byte(name), value)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		if child, bucket := t[name].(tree); bucket {
			if err := child.store(db, append(slices.Clip(path), name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func freePages(db *bolt.DB) ([]int, error) {
	var free []int
	err := db.View(func(tx *bolt.Tx) error {
		for id := 2; ; id++ {
			switch info, err := tx.Page(id); {
			case err != nil || info == nil:
				return err
			case info.Type == "free":
				free = append(free, id)
			}
		}
	})
	return free, err
}

package boltfile_test

import (
	"bytes"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// FuzzSalvage reads hostile files as far as possible. The result is written to a file that has no fault.
func FuzzSalvage(f *testing.F) {
	sound := small(f)
	f.Add(sound)
	for page := 2; page < len(sound)/4096; page += 3 {
		damaged := bytes.Clone(sound)
		clear(damaged[page*4096 : page*4096+2048])
		f.Add(damaged)
	}
	f.Add(sound[:len(sound)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		var losses boltfile.Salvage
		db, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses), boltfile.WithMaxSize(1<<24))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := db.View(func(tx *memkv.Tx) error {
			_, err := boltfile.Write(&b, tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		report, err := boltfile.CheckBytes(b.Bytes())
		if err != nil || len(report.Faults) > 0 {
			t.Fatalf("the result has faults: %v, %v", report.Faults, err)
		}
		again, err := boltfile.ReadBytes(b.Bytes())
		if err != nil || again.Hash() != db.Hash() {
			t.Fatalf("the result is not read again: %v", err)
		}
	})
}

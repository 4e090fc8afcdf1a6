package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// large is a database with a small page size and more than 1 MiB: large buckets in small and in large ones, with values
// of all sizes.
func large(t testing.TB) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	fill := func(b *memkv.Bucket, keys int) error {
		for range keys {
			value := bytes.Repeat([]byte{'v'}, r.IntN(100))
			if r.IntN(50) == 0 {
				value = bytes.Repeat(value, 30)
			}
			if err := b.Put(fmt.Appendf(nil, "key %08d", r.IntN(1e8)), value); err != nil {
				return err
			}
		}
		return b.SetSequence(uint64(keys))
	}
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("bucket"))
		if err == nil {
			err = fill(b, 9000)
		}
		for i := 0; i < 400 && err == nil; i++ {
			var nested *memkv.Bucket
			if nested, err = b.CreateBucket(fmt.Appendf(nil, "nested %d", i)); err == nil {
				err = fill(nested, []int{0, 3, 20, 300}[r.IntN(4)])
			}
		}
		if err == nil {
			err = tx.Bucket([]byte("bucket")).Put([]byte("zzz"), nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = db.View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(&out, tx, boltfile.WithPageSize(1024))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.Len() < 2<<20 {
		t.Fatalf("%d bytes are too few to be read on several cores", out.Len())
	}
	return out.Bytes()
}

// nestedRoots returns the places in a file where buckets with pages of their own have the number of their root page.
func nestedRoots(file []byte) (places []int) {
	le := binary.LittleEndian
	for at := 0; at < len(file); at += 1024 {
		page := file[at:]
		if le.Uint64(page) != uint64(at/1024) || le.Uint16(page[8:]) != 2 { // a leaf page
			continue
		}
		for i := range int(le.Uint16(page[10:])) {
			e := at + 16 + 16*i // flags, position, length of the key, length of the value
			value := e + int(le.Uint32(file[e+4:])) + int(le.Uint32(file[e+8:]))
			if le.Uint32(file[e:]) == 1 && le.Uint64(file[value:]) != 0 {
				places = append(places, value)
			}
		}
	}
	return places
}

// outcome reads a file on a number of cores. It describes the result.
func outcome(data []byte, cores int) string {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	db, err := boltfile.ReadBytes(data)
	if err != nil {
		return err.Error()
	}
	text := ""
	if err := db.View(func(tx *memkv.Tx) error {
		text = fmt.Sprint(tx.Hash(), " ", tx.Bucket([]byte("bucket")).Sequence())
		return nil
	}); err != nil {
		return err.Error()
	}
	return text
}

// TestReadOnManyCores reads a sound file and damaged ones on one core and on several ones, with equal results.
func TestReadOnManyCores(t *testing.T) {
	sound := large(t)
	const cores = 4
	whole := outcome(sound, 1)
	if got := outcome(sound, cores); got != whole {
		t.Errorf("on %d cores: %s\non one core: %s", cores, got, whole)
	}
	damages := []struct {
		name string
		do   func(page []byte, r *rand.Rand)
	}{
		{"number", func(page []byte, _ *rand.Rand) { page[0]++ }},
		{"flags", func(page []byte, _ *rand.Rand) { page[8] ^= 3 }},
		{"count", func(page []byte, _ *rand.Rand) { page[10]++ }},
		{"overflow", func(page []byte, _ *rand.Rand) { page[12]++ }},
		{"any byte", func(page []byte, r *rand.Rand) { page[r.IntN(len(page))] ^= byte(1 + r.IntN(255)) }},
		{"reference", func(page []byte, r *rand.Rand) { // of a branch page
			binary.LittleEndian.PutUint64(page[16+8:], 2+r.Uint64N(uint64(len(sound)/1024)))
		}},
	}
	r := rand.New(rand.NewPCG(3, 4))
	failed := map[string]int{}
	// Two buckets with one root: their pages are read in different parts of the file.
	if roots := nestedRoots(sound); len(roots) < 100 {
		t.Fatalf("%d buckets have pages of their own", len(roots))
	} else {
		data := bytes.Clone(sound)
		copy(data[roots[90]:][:8], data[roots[10]:])
		one, several := outcome(data, 1), outcome(data, cores)
		if one != several || !strings.Contains(one, "which is in use already") {
			t.Errorf("two buckets with one root:\non %d cores: %s\non one core: %s", cores, several, one)
		}
	}
	for _, damage := range damages {
		for range 6 {
			data := bytes.Clone(sound)
			at := 2 + r.IntN(len(data)/1024-2)
			damage.do(data[at*1024:][:1024], r)
			one, several := outcome(data, 1), outcome(data, cores)
			if one != several {
				t.Errorf("%s of page %d:\non %d cores: %s\non one core: %s", damage.name, at, cores, several, one)
			}
			if one != whole {
				failed[damage.name]++
			}
		}
		if failed[damage.name] == 0 {
			t.Errorf("%s: no damage has an effect", damage.name)
		}
	}
}

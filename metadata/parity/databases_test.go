package parity

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestDatabases makes the same random changes to a bbolt file and to a memkv.DB. After each transaction, both must hold
// the same, also after a copy by each way that leads from one database to another.
func TestDatabases(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			d := databases{t: t, file: openFile(t, filepath.Join(t.TempDir(), "a.db")), kv: memkv.New()}
			for range 6 {
				d.change(drawEdits(r, 1+r.IntN(120)), r.IntN(4) > 0)
				d.compare(r)
			}
			var removals []edit // of all keys but a few, after which a large bucket is small
			for i := range 80 {
				removals = append(removals, edit{path: []string{"a"}, act: remove, key: fmt.Sprint("k", i)})
			}
			d.change(removals, true)
			d.compare(r)
		})
	}
}

func openFile(t *testing.T, path string) *bbolt.DB {
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoGrowSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// databases are a bbolt file and a memkv.DB that should hold the same.
type databases struct {
	t    *testing.T
	file *bbolt.DB
	kv   *memkv.DB
}

// An edit is one change of the bucket at a path.
type edit struct {
	path  []string
	act   act
	key   string
	value []byte
}

const setSequence act = "setSequence" // to a number with as many bits as the value has bytes, or one less

// drawEdits draws edits in a few buckets. Most are in one bucket, which so becomes large. Sizes are around the
// boundaries of encodings.
func drawEdits(r *rand.Rand, n int) (edits []edit) {
	paths := [][]string{{"a"}, {"a"}, {"a"}, {"b"}, {"a", "c"}, {"a", "c", "d"}, {"b", "e"}}
	sizes := []int{0, 1, 20, 62, 63, 64, 126, 127, 128, 200, 255, 256, 1000, 4090, 5000}
	for range n {
		e := edit{path: paths[r.IntN(len(paths))], key: fmt.Sprint("k", r.IntN(90))}
		if r.IntN(8) == 0 {
			e.key += strings.Repeat("x", sizes[r.IntN(11)])
		}
		e.value = bytes.Repeat([]byte{byte('a' + r.IntN(3))}, sizes[r.IntN(4+11*r.IntN(2))])
		switch r.IntN(12) {
		case 0, 1, 2:
			e.act = remove
		case 3:
			e.act, e.key = removeBucket, []string{"c", "d", "e"}[r.IntN(3)]
		case 4:
			e.act = setSequence
		default:
			e.act = put
		}
		edits = append(edits, e)
	}
	return edits
}

// An editable has the common methods of bbolt's and memkv's buckets for edits.
type editable[B any] interface {
	bucket[B]
	SetSequence(v uint64) error
}

// apply makes edits in a transaction, and creates the buckets of their paths.
func apply[T transaction[B], B editable[B]](tx T, edits []edit) error {
	for _, e := range edits {
		b, err := tx.CreateBucketIfNotExists([]byte(e.path[0]))
		for _, name := range e.path[1:] {
			if err == nil {
				b, err = b.CreateBucketIfNotExists([]byte(name))
			}
		}
		if err != nil {
			return err
		}
		var none B
		switch {
		case e.act == put:
			err = b.Put([]byte(e.key), e.value)
		case e.act == remove:
			err = b.Delete([]byte(e.key))
		case e.act == setSequence:
			err = b.SetSequence(1<<(len(e.value)%64) - uint64(len(e.value)%2))
		case b.Bucket([]byte(e.key)) != none:
			err = b.DeleteBucket([]byte(e.key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change makes edits in a transaction of each database, and commits or rolls back. The journal of the memkv.DB must
// have each difference.
func (d databases) change(edits []edit, commit bool) {
	end := errRolledBack
	if commit {
		end = nil
	}
	var position memkv.Position
	var was memkv.Frozen
	d.view(func(tx *memkv.Tx) { position, was = tx.Position(), tx.Freeze() })
	hash := d.kv.Hash()
	if err := d.file.Update(func(tx *bbolt.Tx) error { return errors.Join(apply(tx, edits), end) }); !errors.Is(err, end) {
		d.t.Fatal(err)
	}
	update := d.kv.Update
	if len(edits)%2 == 0 {
		update = d.kv.Batch
	}
	err := update(func(tx *memkv.Tx) error {
		err := errors.Join(apply(tx, edits), end)
		if inside, after := tx.Freeze().Hash(), tx.Hash(); inside != after {
			d.t.Error("two hashes in a transaction")
		}
		return err
	})
	if !errors.Is(err, end) {
		d.t.Fatal(err)
	}
	if !commit && d.kv.Hash() != hash {
		d.t.Error("a rolled-back transaction changed the database")
	}
	d.view(func(tx *memkv.Tx) {
		changes, known := tx.Changes(position)
		if !known {
			d.t.Fatal("the changes are not known")
		}
		n, listed := 0, map[string]bool{}
		for c := range changes {
			n++
			listed[strings.Join(append(c.Path[:len(c.Path):len(c.Path)], c.Key), "/")] = true
		}
		if n != tx.CountChanges(position) || !commit && n > 0 {
			d.t.Errorf("%d changes, counted as %d", n, tx.CountChanges(position))
		}
		for _, entry := range entriesThatDiffer(was, tx.Freeze(), "") {
			if !covers(listed, entry) {
				d.t.Errorf("the journal lacks the change of %q", entry)
			}
		}
	})
}

// entriesThatDiffer returns the paths of the entries that differ between two buckets. The path of a sequence ends in
// "/".
func entriesThatDiffer(was, is memkv.Frozen, path string) (all []string) {
	if was.Sequence() != is.Sequence() {
		all = append(all, path)
	}
	for i, pair := range [][2]memkv.Frozen{{was, is}, {is, was}} {
		for key, e := range pair[0].All() {
			inner, isBucket := pair[1].Bucket(key)
			switch {
			case e.IsBucket() && isBucket:
				if i == 0 {
					all = append(all, entriesThatDiffer(e.Bucket(), inner, path+key+"/")...)
				}
			case e.IsBucket() || !bytes.Equal(e.Value(), pair[1].Get(key)) || pair[1].Get(key) == nil:
				all = append(all, path+key)
			}
		}
	}
	return all
}

// covers reports whether changes have an entry, or a bucket around it.
func covers(changes map[string]bool, entry string) bool {
	for i := range len(entry) {
		if entry[i] == '/' && changes[entry[:i]] {
			return true
		}
	}
	return changes[entry]
}

func (d databases) view(fn func(*memkv.Tx)) {
	d.t.Helper()
	if err := d.kv.View(func(tx *memkv.Tx) error { fn(tx); return nil }); err != nil {
		d.t.Fatal(err)
	}
}

// texts returns the contents of a bbolt file and of the memkv.DB.
func (d databases) texts(file *bbolt.DB) (theirs, ours string) {
	err := file.View(func(tx *bbolt.Tx) (err error) { theirs, err = dump(tx); return err })
	if err == nil {
		err = d.kv.View(func(tx *memkv.Tx) (err error) { ours, err = dump(tx); return err })
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return theirs, ours
}

// compare compares the databases by all ways.
func (d databases) compare(r *rand.Rand) {
	if theirs, ours := d.texts(d.file); theirs != ours {
		lines := firstDifference([2]string{theirs, ours})
		d.t.Fatalf("bbolt: %s\nmemkv: %s", lines[0], lines[1])
	}
	for _, way := range ways {
		copied, err := way.copy(d)
		if err != nil {
			d.t.Fatalf("%s: %v", way.name, err)
		}
		if copied.Hash() != d.kv.Hash() {
			d.t.Fatalf("%s leads to a database with another hash", way.name)
		}
		_ = copied.View(func(tx *memkv.Tx) error {
			for fault := range tx.Check() {
				d.t.Errorf("%s leads to a database with a fault: %v", way.name, fault)
			}
			return nil
		})
	}
	d.compareReads(r)
	d.compareHashes()
	for _, forward := range []bool{true, false} {
		d.deleteWalking(forward)
	}
}

// deleteWalking deletes two thirds of the values of a bucket while a cursor walks over it. The cursor must visit each
// entry once.
func (d databases) deleteWalking(forward bool) {
	var entries []string
	d.view(func(tx *memkv.Tx) {
		all, _ := tx.FrozenAt("a")
		for key := range all.All() {
			entries = append(entries, key)
		}
	})
	err := d.kv.Fork().Update(func(tx *memkv.Tx) error {
		b := tx.BucketAt("a")
		if b == nil {
			return nil
		}
		c := b.Cursor()
		start, move := c.First, c.Next
		if !forward {
			start, move = c.Last, c.Prev
			slices.Reverse(entries)
		}
		n := 0
		for key, value := start(); key != nil; key, value = move() {
			if n >= len(entries) || string(key) != entries[n] {
				return fmt.Errorf("entry %d is %q", n, key)
			}
			var err error
			if n++; value != nil && n%3 == 0 {
				err = c.Delete()
			} else if value != nil && n%3 == 1 {
				err = b.Delete(key)
			}
			if err != nil {
				return err
			}
		}
		if n != len(entries) {
			return fmt.Errorf("%d of %d entries", n, len(entries))
		}
		return nil
	})
	if err != nil {
		d.t.Errorf("a walk (forward: %t) with deletions: %v", forward, err)
	}
}

// A cursor has the common methods of bbolt's and memkv's cursors.
type cursor interface {
	First() (key, value []byte)
	Last() (key, value []byte)
	Next() (key, value []byte)
	Prev() (key, value []byte)
	Seek(key []byte) ([]byte, []byte)
}

// compareReads compares the figures of each bucket, and the walks of two cursors over it.
func (d databases) compareReads(r *rand.Rand) {
	d.view(func(ours *memkv.Tx) {
		err := d.file.View(func(theirs *bbolt.Tx) error {
			return ours.ForEach(func(name []byte, b *memkv.Bucket) error {
				d.compareBuckets(r, b, theirs.Bucket(name))
				return nil
			})
		})
		if err != nil {
			d.t.Error(err)
		}
	})
}

func (d databases) compareBuckets(r *rand.Rand, ours *memkv.Bucket, theirs *bbolt.Bucket) {
	if a, b := fmt.Sprintf("%+v", ours.Inspect()), fmt.Sprintf("%+v", theirs.Inspect()); a != b {
		d.t.Errorf("Inspect: %s instead of %s", a, b)
	}
	figures, entries, bytes, buckets, depth, packed := ours.Stats(), 0, 0, 1, 0, 0
	a, b := cursor(ours.Cursor()), cursor(theirs.Cursor())
	walk := func(name string, move func(c cursor) (key, value []byte)) (more bool) {
		k, v := move(a)
		l, w := move(b)
		if string(k) != string(l) || string(v) != string(w) || (v == nil) != (w == nil) {
			d.t.Fatalf("%s leads to %q = %q instead of %q = %q", name, k, v, l, w)
		}
		return l != nil
	}
	first, last := cursor.First, cursor.Last
	for more := walk("First", first); more; more = walk("Next", cursor.Next) {
	}
	for more := walk("Last", last); more; more = walk("Prev", cursor.Prev) {
	}
	for range 40 {
		key := fmt.Appendf(nil, "k%d", r.IntN(100))
		more := walk("Seek "+string(key), func(c cursor) ([]byte, []byte) { return c.Seek(key) })
		for move := r.IntN(4); more && move > 0; move-- {
			more = walk("Next", cursor.Next)
		}
		for move := r.IntN(5); more && move > 0; move-- {
			more = walk("Prev", cursor.Prev)
		}
	}
	_ = theirs.ForEach(func(key, value []byte) error {
		entries++
		bytes += len(key) + len(value)
		if value == nil {
			d.compareBuckets(r, ours.Bucket(key), theirs.Bucket(key))
			inner := ours.Bucket(key).Stats()
			entries, bytes, buckets = entries+inner.KeyN, bytes+inner.LeafInuse, buckets+inner.BucketN
			depth, packed = max(depth, inner.Depth), packed+inner.InlineBucketN
		}
		return nil
	})
	if figures.KeyN != entries || figures.LeafInuse != bytes || figures.BucketN != buckets {
		d.t.Errorf("Stats: %d entries, %d bytes and %d buckets instead of %d, %d and %d", figures.KeyN, figures.LeafInuse, figures.BucketN, entries, bytes, buckets)
	}
	if own := figures.InlineBucketN - packed; figures.Depth != depth+1 || own != 0 && own != 1 {
		d.t.Errorf("Stats: a depth of %d above %d, %d packed buckets above %d", figures.Depth, depth, figures.InlineBucketN, packed)
	}
}

// compareHashes changes single entries on forks. The hash must change if and only if the contents do.
func (d databases) compareHashes() {
	hash := d.kv.Hash()
	changes := []edit{
		{path: []string{"a", "c"}, act: put, key: "a new key"},
		{path: []string{"b"}, act: setSequence, value: make([]byte, 7)},
	}
	d.view(func(tx *memkv.Tx) {
		all, _ := tx.FrozenAt("a")
		for key, e := range all.All() {
			if value := bytes.Clone(e.Value()); len(value) > 0 { // another value of the same length
				value[0]++
				changes = append(changes, edit{path: []string{"a"}, act: put, key: key, value: value})
				break
			}
		}
	})
	for _, change := range changes {
		fork := d.kv.Fork()
		if err := fork.Update(func(tx *memkv.Tx) error { return apply(tx, []edit{change}) }); err != nil {
			d.t.Fatal(err)
		}
		changed := fork.Hash() != hash
		var was, is memkv.Frozen
		d.view(func(tx *memkv.Tx) { was = tx.Freeze() })
		_ = fork.View(func(tx *memkv.Tx) error { is = tx.Freeze(); return nil })
		if differs := len(entriesThatDiffer(was, is, "")) > 0; changed != differs {
			d.t.Errorf("after %+v the hash differs: %t, the database: %t", change, changed, differs)
		}
		if !reflect.DeepEqual(was.Hash(), hash) {
			d.t.Error("a change of a fork changed the hash of the original")
		}
	}
}

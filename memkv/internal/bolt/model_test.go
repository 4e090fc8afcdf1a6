package bolt

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A tree is a bucket as a plain value, the model for comparisons.
type tree struct {
	sequence uint64
	items    []item // ascending
}

type item struct {
	key   string
	value []byte
	sub   *tree // nil for a plain value
}

func (t *tree) Sequence() uint64 { return t.sequence }

func (t *tree) ForEach(f func(key, value []byte, sub Source) error) error {
	for _, it := range t.items {
		var sub Source
		if it.sub != nil {
			sub = it.sub
		}
		if err := f([]byte(it.key), it.value, sub); err != nil {
			return err
		}
	}
	return nil
}

// dump returns a text that is equal for equal trees only.
func (t *tree) dump() string {
	var b strings.Builder
	t.print(&b, "")
	return b.String()
}

func (t *tree) print(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%ssequence %d\n", indent, t.sequence)
	for _, it := range t.items {
		if it.sub == nil {
			fmt.Fprintf(b, "%s%q = %x\n", indent, it.key, it.value)
			continue
		}
		fmt.Fprintf(b, "%s%q:\n", indent, it.key)
		it.sub.print(b, indent+" ")
	}
}

// A builder is a Visitor that makes a tree. It copies its arguments, as a visitor must.
type builder struct {
	open  []*tree
	bytes int
}

func newBuilder(rootSequence uint64) *builder {
	return &builder{open: []*tree{{sequence: rootSequence}}}
}

func (b *builder) top() *tree { return b.open[len(b.open)-1] }

func (b *builder) Enter(name []byte, sequence uint64) error {
	sub := &tree{sequence: sequence}
	b.top().items = append(b.top().items, item{key: string(name), sub: sub})
	b.open = append(b.open, sub)
	b.bytes += len(name)
	return nil
}

func (b *builder) Put(key, value []byte) error {
	if value == nil {
		return fmt.Errorf("key %q: nil value", key)
	}
	b.top().items = append(b.top().items, item{key: string(key), value: bytes.Clone(value)})
	b.bytes += len(key) + len(value)
	return nil
}

func (b *builder) Leave() error {
	b.open = b.open[:len(b.open)-1]
	return nil
}

func readTree(f *File) (*tree, error) {
	b := newBuilder(f.RootSequence())
	if err := f.Walk(b); err != nil {
		return nil, err
	}
	if len(b.open) != 1 {
		return nil, fmt.Errorf("%d buckets were not left", len(b.open)-1)
	}
	return b.open[0], nil
}

// mustRead reads data in both ways, checks that they agree and that Check finds no fault, and returns the tree.
func mustRead(t testing.TB, data []byte) *tree {
	t.Helper()
	whole, err := OpenBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readTree(whole)
	if err != nil {
		t.Fatal(err)
	}
	paged, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := readTree(paged)
	if err != nil {
		t.Fatal(err)
	}
	if got.dump() != again.dump() {
		t.Fatal("reading page by page gives another tree than reading the whole file")
	}
	for _, f := range []*File{whole, paged} {
		report, err := f.Check()
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range report.Faults {
			t.Errorf("check: %v", fault)
		}
	}
	return got
}

func mustWrite(t testing.TB, root *tree, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := Write(&b, root, opt)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Fatalf("Write says %d bytes, wrote %d", n, b.Len())
	}
	return b.Bytes()
}

// openBolt writes data to a file and opens it with bbolt.
func openBolt(t testing.TB, data []byte, opt bbolt.Options) *bbolt.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bolt.db")
	if data != nil {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opt.NoSync = true
	db, err := bbolt.Open(path, 0o600, &opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// fileOf closes db and returns its bytes.
func fileOf(t testing.TB, db *bbolt.DB) []byte {
	t.Helper()
	path := db.Path()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// boltTree reads db with bbolt, after bbolt's own check.
func boltTree(t testing.TB, db *bbolt.DB) *tree {
	t.Helper()
	root := &tree{}
	err := db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt's check: %v", err)
		}
		root.sequence = tx.Cursor().Bucket().Sequence()
		return boltItems(tx.Cursor().Bucket(), root)
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func boltItems(b *bbolt.Bucket, into *tree) error {
	return b.ForEach(func(key, value []byte) error {
		if value != nil {
			into.items = append(into.items, item{key: string(key), value: bytes.Clone(value)})
			return nil
		}
		sub := b.Bucket(key)
		child := &tree{sequence: sub.Sequence()}
		into.items = append(into.items, item{key: string(key), sub: child})
		return boltItems(sub, child)
	})
}

// randomTree returns a bucket of up to size entries. Few of them are large.
func randomTree(r *rand.Rand, size, depth int) *tree {
	t := &tree{}
	if r.IntN(2) == 0 {
		t.sequence = r.Uint64()
	}
	seen := map[string]bool{}
	for range r.IntN(size + 1) {
		key := randomKey(r)
		if seen[key] {
			continue
		}
		seen[key] = true
		it := item{key: key}
		if depth > 0 && r.IntN(4) == 0 {
			it.sub = randomTree(r, []int{0, 3, size}[r.IntN(3)], depth-1)
		} else {
			it.value = randomValue(r)
		}
		t.items = append(t.items, it)
	}
	slices.SortFunc(t.items, func(a, b item) int { return strings.Compare(a.key, b.key) })
	return t
}

func randomKey(r *rand.Rand) string {
	n := 1 + r.IntN(20)
	if r.IntN(100) == 0 {
		n = 1 + r.IntN(5000)
	}
	return string(randomBytes(r, n))
}

func randomValue(r *rand.Rand) []byte {
	switch r.IntN(100) {
	case 0:
		return randomBytes(r, r.IntN(100_000))
	case 1, 2, 3:
		return []byte{}
	}
	return randomBytes(r, r.IntN(120))
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// sample is a fixed tree. Its file has branch pages, overflow and inline buckets with every page size.
func sample() *tree {
	large := &tree{sequence: 7}
	for i := range 3000 {
		large.items = append(large.items, item{key: fmt.Sprintf("key %05d", i), value: fmt.Appendf(nil, "value %d", i)})
	}
	large.items = append(large.items, item{key: "overflow", value: bytes.Repeat([]byte("long "), 50_000)})
	deep := &tree{items: []item{{key: "plain", value: []byte{}}, {key: "small", sub: &tree{sequence: 1, items: []item{
		{key: "a", value: []byte("1")}, {key: "b", value: []byte("2")}}}}}}
	return &tree{items: []item{{key: "deep", sub: deep}, {key: "empty", sub: &tree{}}, {key: "large", sub: large}}}
}

var pageSizes = []int{1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16}

// A hookedReaderAt calls before ahead of each read.
type hookedReaderAt struct {
	io.ReaderAt
	before func()
}

func (h hookedReaderAt) ReadAt(p []byte, at int64) (int, error) {
	h.before()
	return h.ReaderAt.ReadAt(p, at)
}

// FuzzRead reads arbitrary bytes, as they are and with valid checksums of the metas, which lead the fuzzer further. A
// readable file gives the same tree after it is written and read again.
func FuzzRead(f *testing.F) {
	for _, d := range damages {
		s := damageable()
		d.apply(s)
		f.Add(s.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		survives(t, data)
		sealed := bytes.Clone(data)
		(&surgery{data: sealed, pageSize: 1024}).seal()
		survives(t, sealed)

		file, err := OpenBytes(sealed)
		if err != nil {
			return
		}
		root, err := readTree(file)
		if err != nil {
			return
		}
		again := mustRead(t, mustWrite(t, root, Options{PageSize: file.Info().PageSize}))
		if again.dump() != root.dump() {
			t.Fatal("the tree changed by writing and reading it")
		}
	})
}

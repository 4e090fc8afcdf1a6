package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"go.etcd.io/bbolt"
)

// A walk over a file that a writer overwrites gives one whole state or ErrChanged, wherever the change falls.
func TestChangedWhileRead(t *testing.T) {
	const seed = 9
	r := rand.New(rand.NewPCG(seed, 0))
	db := openBolt(t, nil, bbolt.Options{PageSize: 1024})
	var states [][]byte
	var dumps []string
	for range 12 {
		randomTransaction(t, r, db, 40)
		data, err := os.ReadFile(db.Path())
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, data)
		dumps = append(dumps, mustRead(t, data).dump())
	}

	changed := 0
	for from := range len(states) - 1 {
		for to := from + 1; to < min(from+4, len(states)); to++ {
			reads, switchAt := 0, r.IntN(60)
			current := states[from]
			source := hookedReaderAt{readerAtFunc(func(p []byte, at int64) (int, error) {
				return bytes.NewReader(current).ReadAt(p, at)
			}), func() {
				if reads == switchAt {
					current = states[to]
				}
				reads++
			}}
			f, err := Open(source, int64(len(states[from])))
			var got *tree
			if err == nil {
				got, err = readTree(f)
			}
			switch {
			case errors.Is(err, ErrChanged):
				changed++
			case err != nil:
				t.Errorf("%d to %d at read %d of seed %d: %v", from, to, switchAt, seed, err)
			case got.dump() != dumps[from] && got.dump() != dumps[to]:
				t.Errorf("%d to %d at read %d of seed %d: neither state", from, to, switchAt, seed)
			}
			if errors.Is(err, ErrChanged) && f.metaBytes[1] != nil {
				if _, err := f.Check(); !errors.Is(err, ErrChanged) {
					t.Errorf("check after the change: %v", err)
				}
			}
		}
	}
	if changed == 0 {
		t.Error("no change was detected")
	}
}

// A file that grew after its size was taken is not reported as truncated.
func TestGrownWhileRead(t *testing.T) {
	data := mustWrite(t, sample(), Options{})
	if _, err := Open(bytes.NewReader(data), int64(len(data)/2)); err != ErrChanged {
		t.Error(err)
	}
}

// Pages of an uncommitted transaction do not disturb a reader: the metas are still those of the last state.
func TestUncommittedWhileRead(t *testing.T) {
	const seed, pageSize = 10, 1024
	r := rand.New(rand.NewPCG(seed, 0))
	db := openBolt(t, nil, bbolt.Options{PageSize: pageSize})
	for range 10 {
		randomTransaction(t, r, db, 40)
		before, err := os.ReadFile(db.Path())
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(func(tx *bbolt.Tx) error { return randomChange(r, tx) }); err != nil {
			t.Fatal(err)
		}
		middle, err := os.ReadFile(db.Path())
		if err != nil {
			t.Fatal(err)
		}
		copy(middle[:2*pageSize], before[:2*pageSize])
		want := mustRead(t, before)
		if got := mustRead(t, middle); got.dump() != want.dump() {
			t.Fatal("not the committed state")
		}
	}
}

// Errors of the reader become faults that wrap them.
func TestReadError(t *testing.T) {
	data := mustWrite(t, sample(), Options{})
	broken := errors.New("broken disk")
	for at, last := 0, 1; at < last; at++ {
		reads := 0
		var failingVisitor bool
		source := readerAtFunc(func(p []byte, off int64) (int, error) {
			if failingVisitor {
				return 0, broken
			}
			return bytes.NewReader(data).ReadAt(p, off)
		})
		hooked := hookedReaderAt{source, func() { failingVisitor = reads == at; reads++ }}
		f, err := Open(hooked, int64(len(data)))
		if err == nil {
			err = f.Walk(newBuilder(0))
		}
		if !errors.Is(err, ErrRead) || !errors.Is(err, broken) {
			t.Fatalf("read %d of %d fails: %v", at, reads, err)
		}
		if at == 0 {
			last = countReads(t, data)
		}
	}

	// a file that shrank after its size was taken
	f, err := Open(bytes.NewReader(data[:len(data)-5000]), int64(len(data)))
	if err == nil {
		err = f.Walk(newBuilder(0))
	}
	if !errors.Is(err, ErrRead) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("file that shrank: %v", err)
	}
}

// A visitor's error ends the walk, and Walk returns it unchanged.
func TestVisitorError(t *testing.T) {
	f, err := OpenBytes(mustWrite(t, sample(), Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []failingVisitor{{enter: io.EOF}, {put: io.EOF}, {leave: io.EOF}} {
		if err := f.Walk(v); err != io.EOF {
			t.Errorf("%+v: %v", v, err)
		}
	}
}

type failingVisitor struct{ enter, put, leave error }

func (f failingVisitor) Enter([]byte, uint64) error { return f.enter }
func (f failingVisitor) Put(_, _ []byte) error      { return f.put }
func (f failingVisitor) Leave() error               { return f.leave }

type readerAtFunc func(p []byte, at int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

// Errors of Write name the invalid key or option.
func TestWriteErrors(t *testing.T) {
	for name, c := range map[string]struct {
		root *tree
		opt  Options
		want string
	}{
		"empty key":      {&tree{items: []item{{key: ""}}}, Options{}, `key "": a key of 0 bytes with a value of 0 bytes has no place in a bolt file`},
		"keys descend":   {&tree{items: []item{{key: "b"}, {key: "a"}}}, Options{}, `key "a": comes after "b", but keys must ascend`},
		"keys repeat":    {&tree{items: []item{{key: "a"}, {key: "a"}}}, Options{}, `key "a": comes after "a", but keys must ascend`},
		"page size 512":  {&tree{}, Options{PageSize: 512}, "page size 512: not a power of two from 1024 to 65536"},
		"page size 5000": {&tree{}, Options{PageSize: 5000}, "page size 5000: not a power of two from 1024 to 65536"},
		"fill 2":         {&tree{}, Options{Fill: 2}, "fill 2: not above 0 and at most 1"},
	} {
		n, err := Write(io.Discard, c.root, c.opt)
		if n != 0 || fmt.Sprint(err) != c.want {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	full := errors.New("disk full")
	if _, err := Write(writerFunc(func([]byte) (int, error) { return 0, full }), sample(), Options{}); err != full {
		t.Errorf("writer that fails: %v", err)
	}
}

// countReads returns the number of reads of a whole walk.
func countReads(t *testing.T, data []byte) int {
	t.Helper()
	n := 0
	f, err := Open(hookedReaderAt{bytes.NewReader(data), func() { n++ }}, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Walk(newBuilder(0)); err != nil {
		t.Fatal(err)
	}
	return n
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

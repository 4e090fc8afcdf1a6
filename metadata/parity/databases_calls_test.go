package parity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestDatabaseCalls makes the same random calls of a bbolt file and of a memkv.DB: with wrong names, in transactions
// that have ended or may not write, and on databases that are closed or read-only. The results must be equal.
func TestDatabaseCalls(t *testing.T) {
	for seed := range uint64(40) {
		path := filepath.Join(t.TempDir(), "a.db")
		// With an open reader, a writer that needs a larger map would wait for ever.
		file, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoGrowSync: true, InitialMmapSize: 64 << 20})
		if err != nil {
			t.Fatal(err)
		}
		file.MaxBatchDelay = 0
		kv := memkv.New(memkv.WithPath(path))
		theirs := caller[*bbolt.Tx, *bbolt.Bucket, *bbolt.Cursor]{db: file, stats: theirStats(file)}
		ours := caller[*memkv.Tx, *memkv.Bucket, *memkv.Cursor]{db: kv, stats: ourStats(kv)}
		theirs.play(rand.New(rand.NewPCG(seed, 4)))
		ours.play(rand.New(rand.NewPCG(seed, 4)))
		readOnly, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		theirs.refuse(readOnly)
		ours.refuse(kv.Fork(memkv.WithReadOnly()))
		readOnly.Close()
		for i, want := range theirs.results {
			if got := ours.results[i]; got != want {
				t.Fatalf("seed %d: after %s\nmemkv: %.200s\nbbolt: %.200s", seed, strings.Join(theirs.results[max(i-8, 0):i], "\n"), got, want)
			}
		}
		want := memkv.TxStats{CursorCount: ours.cursors, Write: ours.writes}
		if got := kv.Stats().TxStats; got != want || got.GetWrite() != want.Write || got.GetCursorCount() != want.CursorCount {
			t.Fatalf("seed %d: the figures are %+v and not %+v", seed, got, want)
		}
	}
}

// figures are the figures of a database that bbolt and memkv have in common.
type figures struct{ begun, open, sinceNothing, sinceBegun, sinceOpen int }

func theirStats(db *bbolt.DB) func() figures {
	return func() figures {
		s := db.Stats()
		half := bbolt.Stats{TxN: s.TxN / 2, OpenTxN: s.OpenTxN}
		nothing, since := s.Sub(nil), s.Sub(&half)
		return figures{s.TxN, s.OpenTxN, nothing.TxN, since.TxN, since.OpenTxN}
	}
}

func ourStats(db *memkv.DB) func() figures {
	return func() figures {
		s := db.Stats()
		half := memkv.Stats{TxN: s.TxN / 2, OpenTxN: s.OpenTxN, TxStats: memkv.TxStats{CursorCount: 3, Write: 5}}
		nothing, since := s.Sub(nil), s.Sub(&half)
		if c := s.TxStats; since.TxStats != (memkv.TxStats{CursorCount: c.CursorCount - 3, Write: c.Write - 5}) || nothing.TxStats != c {
			since.TxN = -1
		}
		return figures{s.TxN, s.OpenTxN, nothing.TxN, since.TxN, since.OpenTxN}
	}
}

// callable, calledTx and calledBucket have the common methods of bbolt and memkv for calls.
type (
	callable[T any] interface {
		Begin(writable bool) (T, error)
		View(fn func(T) error) error
		Update(fn func(T) error) error
		Batch(fn func(T) error) error
		Path() string
		String() string
		IsReadOnly() bool
		Sync() error
		Close() error
	}
	calledTx[B, C any] interface {
		ID() int
		Writable() bool
		Cursor() C
		Bucket(name []byte) B
		CreateBucket(name []byte) (B, error)
		CreateBucketIfNotExists(name []byte) (B, error)
		DeleteBucket(name []byte) error
		MoveBucket(child []byte, src, dst B) error
		ForEach(fn func(name []byte, b B) error) error
		OnCommit(fn func())
		Commit() error
		Rollback() error
	}
	calledBucket[B, C any] interface {
		comparable
		Bucket(name []byte) B
		CreateBucket(name []byte) (B, error)
		CreateBucketIfNotExists(name []byte) (B, error)
		DeleteBucket(name []byte) error
		MoveBucket(name []byte, dst B) error
		Get(key []byte) []byte
		Put(key, value []byte) error
		Delete(key []byte) error
		Sequence() uint64
		SetSequence(v uint64) error
		NextSequence() (uint64, error)
		ForEach(fn func(k, v []byte) error) error
		ForEachBucket(fn func(k []byte) error) error
		Cursor() C
		Writable() bool
	}
	calledCursor interface {
		cursor
		Delete() error
	}
)

// A caller makes calls of a database, and lists the results.
type caller[T calledTx[B, C], B calledBucket[B, C], C calledCursor] struct {
	db      callable[T]
	stats   func() figures
	results []string

	transactions []*called[T, B]
	cursors      int64 // in ended transactions
	writes       int64 // ended transactions that could write
}

// called is a transaction of a caller.
type called[T, B any] struct {
	tx      T
	ended   bool
	buckets []B
	cursors int64
}

var names = []string{"a", "b", "c", "k", strings.Repeat("x", 32768), strings.Repeat("y", 32769)}

// note adds the result of a call.
func (c *caller[T, B, C]) note(call string, results ...any) {
	c.results = append(c.results, call+": "+fmt.Sprint(results...))
}

// attempt notes the error or the panic of a call.
func (c *caller[T, B, C]) attempt(call string, fn func() error) {
	defer func() {
		if p := recover(); p != nil {
			c.note(call, "panic ", p)
		}
	}()
	c.note(call, fn())
}

func (c *caller[T, B, C]) writing() bool {
	for _, t := range c.transactions {
		if !t.ended && t.tx.Writable() {
			return true
		}
	}
	return false
}

func (c *caller[T, B, C]) begin(writable bool) {
	tx, err := c.db.Begin(writable)
	if err == nil {
		c.transactions = append(c.transactions, &called[T, B]{tx: tx})
		c.note("begin", tx.ID(), tx.Writable())
	} else {
		c.note("begin", err)
	}
}

func (c *caller[T, B, C]) end(t *called[T, B], commit bool) {
	order := ""
	if !t.ended {
		t.tx.OnCommit(func() { order += "1" })
		t.tx.OnCommit(func() { order += "2" })
	}
	err := t.tx.Rollback
	if commit {
		err = t.tx.Commit
	}
	writable := t.tx.Writable()
	failure := err()
	if !t.ended && failure == nil {
		t.ended = true
		if c.cursors += t.cursors; writable {
			c.writes++
		}
	}
	c.note(fmt.Sprint("end ", commit), failure, order)
	if t.ended {
		c.note("ID", t.tx.ID())
	}
}

// play makes random calls, and closes the database.
func (c *caller[T, B, C]) play(r *rand.Rand) {
	for range 150 {
		kind := r.IntN(13)
		if len(c.transactions) == 0 && kind > 1 {
			kind = 0
		}
		switch kind {
		case 0:
			c.begin(r.IntN(2) == 0 && !c.writing())
		case 1:
			if !c.writing() {
				c.managed(r)
			}
		case 2:
			c.end(c.transactions[r.IntN(len(c.transactions))], r.IntN(3) > 0)
		default:
			t := c.transactions[max(len(c.transactions)-1-r.IntN(3), 0)]
			c.callTx(r, t)
			if len(t.buckets) > 0 {
				c.callBucket(r, t, t.buckets[r.IntN(len(t.buckets))])
			}
		}
		c.note("figures", c.stats())
	}
	for _, t := range c.transactions {
		if !t.ended {
			c.end(t, t.tx.Writable())
		}
	}
	_, text, _ := strings.Cut(fmt.Sprintf("%#v", c.db), ".") // after the name of the package
	c.note("database", text, c.db.Path(), c.db, c.db.IsReadOnly(), c.db.Sync())
	c.note("close", c.db.Close(), c.db.Path(), c.db, c.db.Close())
	c.begin(false)
	c.begin(true)
	for _, name := range ends {
		c.note(name, c.runs()[name](func(T) error { return nil }))
	}
}

// refuse makes calls of a database that is read-only.
func (c *caller[T, B, C]) refuse(db callable[T]) {
	c.db = db
	c.note("read-only", db.IsReadOnly(), db.Path(), db)
	for _, name := range ends {
		c.note(name, c.runs()[name](func(tx T) error {
			return tx.ForEach(func(name []byte, b B) error { c.note("bucket", len(name), b.Sequence()); return nil })
		}))
	}
	c.begin(true)
}

// ends are the calls of a database that end a transaction themselves.
var ends = []string{"Update", "Batch", "View"}

func (c *caller[T, B, C]) runs() map[string]func(func(T) error) error {
	return map[string]func(func(T) error) error{"Update": c.db.Update, "Batch": c.db.Batch, "View": c.db.View}
}

// managed makes calls in a transaction that the database ends.
func (c *caller[T, B, C]) managed(r *rand.Rand) {
	name, how := ends[r.IntN(3)], r.IntN(5)
	child, from, to := names[r.IntN(3)], names[r.IntN(3)], names[r.IntN(3)]
	if name != "View" {
		c.writes++
	}
	if name == "Batch" && how > 0 && how < 4 {
		c.writes++ // a batch that fails is run again
	}
	c.attempt(fmt.Sprint(name, how), func() error {
		return c.runs()[name](func(tx T) error {
			switch how {
			case 1:
				return errors.New("failed")
			case 2:
				return tx.Commit() // panics
			case 3:
				return tx.Rollback() // panics
			case 4:
				return c.move(tx, child, from, to)
			}
			if b, err := tx.CreateBucketIfNotExists([]byte(child)); err == nil {
				_, err = b.CreateBucketIfNotExists([]byte(to))
				return errors.Join(err, b.Put([]byte("k"), []byte(from)))
			}
			return nil
		})
	})
}

// move moves a bucket in a transaction without other changes. bbolt loses those, and a bucket that moves into itself.
func (c *caller[T, B, C]) move(tx T, child, from, to string) error {
	var none B
	src, dst := tx.Bucket([]byte(from)), tx.Bucket([]byte(to))
	if src == none && child == to || src != none && src == dst {
		return nil
	}
	err := tx.MoveBucket([]byte(child), src, dst)
	c.note("move", err, src == none, dst == none)
	return nil
}

// callTx makes a call of a transaction.
func (c *caller[T, B, C]) callTx(r *rand.Rand, t *called[T, B]) {
	name, open := []byte(names[r.IntN(len(names))]), !t.ended
	var b, none B
	var err error
	call := r.IntN(6)
	switch {
	case call < 2:
		b, err = t.tx.CreateBucketIfNotExists(name)
	case call == 2:
		if b, err = t.tx.CreateBucket(name); r.IntN(4) == 0 {
			_, empty := t.tx.CreateBucket(nil)
			c.note("create nameless", empty)
		}
	case call == 3:
		if err = t.tx.DeleteBucket(name); err == nil {
			t.buckets = nil // handles of a deleted bucket are invalid
		}
	case open && call == 4:
		b = t.tx.Bucket(name)
	case open:
		n := 0
		err = t.tx.ForEach(func(name []byte, _ B) error {
			if n++; n == 2 {
				return errors.New("enough")
			}
			return nil
		})
		c.note("buckets", n, t.tx.Writable())
	}
	c.note(fmt.Sprintf("tx %d of %.9q", call, name), err, b == none)
	if err == nil && b != none {
		t.buckets = append(t.buckets, b)
	}
}

// callBucket makes a call of a bucket.
func (c *caller[T, B, C]) callBucket(r *rand.Rand, t *called[T, B], b B) {
	key, value := []byte(names[r.IntN(len(names))]), make([]byte, r.IntN(300))
	open, call := !t.ended, r.IntN(14)
	var inner, none B
	var err error
	var got any
	switch call {
	case 0, 1:
		err = b.Put(key, value)
		if r.IntN(5) == 0 {
			c.note("put without a key", b.Put(nil, value))
		}
	case 2:
		err = b.Delete(key)
	case 3:
		inner, err = b.CreateBucket(key)
	case 4:
		inner, err = b.CreateBucketIfNotExists(key)
		if r.IntN(5) == 0 {
			_, empty := b.CreateBucketIfNotExists(nil)
			c.note("create nameless", empty)
		}
	case 5:
		if err = b.DeleteBucket(key); err == nil {
			t.buckets = nil
		}
	case 6:
		err = b.SetSequence(1<<r.IntN(64) - uint64(r.IntN(2)))
	case 7:
		got, err = b.NextSequence()
	case 8:
		n := 0
		err = b.ForEach(func(k, v []byte) error {
			if n++; n == 3 {
				return errors.New("enough")
			}
			return nil
		})
		got = n
	case 9:
		n := 0
		err = b.ForEachBucket(func([]byte) error {
			if n++; n == 2 {
				return errors.New("enough")
			}
			return nil
		})
		got = n
	case 10:
		if dst := t.buckets[r.IntN(len(t.buckets))]; !open || !b.Writable() {
			err = b.MoveBucket(key, dst)
		}
	default:
		if !open {
			break
		}
		if call == 11 {
			got = fmt.Sprint(b.Sequence(), b.Writable(), len(b.Get(key)))
			inner = b.Bucket(key)
			break
		}
		cur := b.Cursor()
		t.cursors++
		k, v := cur.Seek(key)
		if call == 12 && k != nil {
			err = cur.Delete()
		}
		got = fmt.Sprintf("%.9q %d %t", k, len(v), v == nil)
	}
	c.note(fmt.Sprintf("bucket %d of %.9q", call, key), got, err, inner == none)
	if err == nil && inner != none {
		t.buckets = append(t.buckets, inner)
	}
}

// TestForks checks that a fork has the settings of its original, and the state of the transaction that it comes from.
func TestForks(t *testing.T) {
	kv := memkv.New(memkv.WithPath("p"), memkv.WithStrictMode(), memkv.WithReadOnly())
	kv.MaxBatchSize, kv.MaxBatchDelay = 7, 9
	for _, fork := range []*memkv.DB{kv.Fork(), kv.Fork().Fork()} {
		if fork.MaxBatchSize != 7 || fork.MaxBatchDelay != 9 || !fork.StrictMode || fork.Path() != "p" || !fork.IsReadOnly() || fork.Sync() != nil {
			t.Errorf("a fork has other settings: %#v", fork)
		}
	}
	kv, closed := memkv.New(memkv.WithOnClose(func() { t.Error("a fork closes the original") })), 0
	err := kv.Update(func(tx *memkv.Tx) error {
		if err := apply(tx, drawEdits(rand.New(rand.NewPCG(1, 2)), 50)); err != nil {
			return err
		}
		fork := tx.Fork()
		if fork.Hash() != tx.Hash() || fork.Hash() == kv.Hash() {
			t.Error("a fork of a transaction has another state")
		}
		return errors.Join(fork.Close(), errRolledBack)
	})
	if !errors.Is(err, errRolledBack) {
		t.Fatal(err)
	}
	kv = memkv.New(memkv.WithOnClose(func() { closed++ }))
	if err := errors.Join(kv.Close(), kv.Close(), new(memkv.DB).Close()); err != nil || closed != 1 {
		t.Errorf("closing a database twice calls its function %d times: %v", closed, err)
	}
	if _, err := new(memkv.DB).Fork().Begin(false); err == nil {
		t.Error("a fork of no database is open")
	}
}

// TestCopiesFail checks copies of a database to destinations that fail at any point.
func TestCopiesFail(t *testing.T) {
	kv := memkv.New()
	if err := kv.Update(func(tx *memkv.Tx) error { return apply(tx, drawEdits(rand.New(rand.NewPCG(1, 2)), 200)) }); err != nil {
		t.Fatal(err)
	}
	err := kv.View(func(tx *memkv.Tx) error {
		var whole bytes.Buffer
		if err := tx.Copy(&whole); err != nil || int64(whole.Len()) != tx.Size() {
			t.Errorf("a copy has %d bytes and not %d: %v", whole.Len(), tx.Size(), err)
		}
		for room := 0; room < whole.Len(); room += 1000 {
			to := &full{room: room}
			if n, err := tx.WriteTo(to); !errors.Is(err, io.ErrShortWrite) || n > int64(room) {
				t.Errorf("%d bytes are written where there is room for %d: %v", n, room, err)
			}
			if err := tx.Copy(&full{room: room}); !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("a copy where there is room for %d bytes: %v", room, err)
			}
		}
		if err := tx.CopyFile(filepath.Join(t.TempDir(), "none", "a"), 0o600); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a copy to a folder that does not exist: %v", err)
		}
		const noRoom = "/dev/full" // on Linux
		if _, err := os.Stat(noRoom); err == nil && tx.CopyFile(noRoom, 0o600) == nil {
			t.Error("a copy to a full disk")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A full writer has room for some bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if n := min(len(p), f.room); n < len(p) {
		f.room = 0
		return n, io.ErrShortWrite
	}
	f.room -= len(p)
	return len(p), nil
}

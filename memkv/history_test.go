package memkv_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A history is a list of steps for any key-value store with bolt's methods. A player records all results in a
// transcript. One history must give the same transcript on bbolt and on memkv. The table exclusions in parity_test.go
// lists the steps that histories avoid, because bbolt promises no result or has a fault there.

// store, transaction, bucket and cursor are the methods that both implementations have.
type (
	store[T any] interface {
		Begin(writable bool) (T, error)
		View(fn func(T) error) error
		Update(fn func(T) error) error
		Batch(fn func(T) error) error
	}
	transaction[B any, C any] interface {
		ID() int
		Writable() bool
		Cursor() C
		CreateBucket(name []byte) (B, error)
		CreateBucketIfNotExists(name []byte) (B, error)
		MoveBucket(child []byte, src, dst B) error
		ForEach(fn func(name []byte, b B) error) error
		OnCommit(fn func())
		Commit() error
		Rollback() error
	}
	bucket[B any, C any] interface {
		comparable
		Bucket(name []byte) B
		CreateBucket(name []byte) (B, error)
		CreateBucketIfNotExists(name []byte) (B, error)
		DeleteBucket(name []byte) error
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
	cursor[B any] interface {
		Bucket() B
		First() (key, value []byte)
		Last() (key, value []byte)
		Next() (key, value []byte)
		Prev() (key, value []byte)
		Seek(seek []byte) (key, value []byte)
		Delete() error
	}
)

// A step is an action in the transaction of its update, or in that of a reader.
type step struct {
	act    act
	reader int // 0: the update's own transaction
	path   []string
	to     []string // destination of MoveBucket
	key    string
	value  []byte
	n      int
}

func (s step) String() string {
	out := s.act.String()
	if s.reader > 0 {
		out = fmt.Sprintf("reader %d: %s", s.reader, out)
	}
	return fmt.Sprintf("%s /%s key=%.40q value=%.20q to=/%s n=%d", out, strings.Join(s.path, "/"), s.key, s.value, strings.Join(s.to, "/"), s.n)
}

type act int

const (
	get act = iota
	put
	putMany
	del
	delMany
	create
	createIfNotExists
	deleteBucket
	moveBucket
	setSequence
	nextSequence
	forEach
	openCursor
	first
	last
	next
	prev
	seek
	deleteAtCursor
	dumpAll
	openReader
	closeReader
	acts
)

func (a act) String() string {
	return [...]string{"get", "put", "putMany", "delete", "deleteMany", "create", "createIfNotExists", "deleteBucket",
		"moveBucket", "setSequence", "nextSequence", "forEach", "openCursor", "first", "last", "next", "prev", "seek",
		"deleteAtCursor", "dumpAll", "openReader", "closeReader"}[a]
}

// An ending is the way in which an update ends.
type ending int

const (
	commit ending = iota
	commitByHand
	rollback
	failure
	panicking
	commitInside // which panics
	batch
	batchFailure
	endings
)

// An update is a write transaction. With no steps it still changes the ID.
type update struct {
	steps  []step
	ending ending
}

type history []update

// A chooser makes the choices of a history, at random or from byteChooser bytes.
type chooser interface{ IntN(n int) int }

type byteChooser struct{ data []byte }

func (f *byteChooser) IntN(n int) int {
	if len(f.data) == 0 {
		return 0
	}
	b := int(f.data[0])
	f.data = f.data[1:]
	return b % n
}

const readersMax = 3

// drawHistory draws the weights of the acts anew for each history. A history that lacks one act reaches states that
// other histories do not.
func drawHistory(c chooser, updates, stepsMax int) history {
	weights := make([]int, acts)
	total := 0
	for i := range weights {
		if act(i) != put && c.IntN(6) == 0 {
			continue
		}
		weights[i] = 1 + c.IntN(8)
		total += weights[i]
	}
	names := 3 + c.IntN(40)
	draw := func() (s step) {
		at := c.IntN(total)
		for s.act = 0; at >= weights[s.act]; s.act++ {
			at -= weights[s.act]
		}
		name := func() string {
			switch c.IntN(40) {
			case 0:
				return ""
			case 1:
				return padded("\x00\xff", boundaries[c.IntN(len(boundaries))])
			default:
				return fmt.Sprintf("%c%02d", 'a'+rune(c.IntN(3)), c.IntN(names))
			}
		}
		// Names near "A" and short paths are more likely, so that most paths exist.
		bucketName := func() string { return string(rune('A' + c.IntN(1+c.IntN(4)))) }
		path := func() (p []string) {
			for range c.IntN(1 + c.IntN(5)) {
				p = append(p, bucketName())
			}
			return p
		}
		s.path, s.key, s.n = path(), name(), c.IntN(150)
		switch s.act {
		case create, createIfNotExists, deleteBucket, moveBucket:
			if c.IntN(8) > 0 {
				s.key = bucketName()
			}
		case get, put, del, seek:
			if c.IntN(8) == 0 {
				s.key = bucketName()
			}
		}
		size := c.IntN(40)
		switch c.IntN(20) {
		case 0:
			size = c.IntN(6000)
		case 1:
			size = boundaries[c.IntN(len(boundaries))]
		}
		s.value = bytes.Repeat([]byte{byte('a' + c.IntN(26))}, size)
		s.to = path()
		if c.IntN(6) == 0 || s.act == openReader || s.act == closeReader {
			s.reader = 1 + c.IntN(readersMax)
		}
		return s
	}
	h := make(history, updates)
	for i := range h {
		for range c.IntN(stepsMax + 1) {
			h[i].steps = append(h[i].steps, draw())
		}
		if c.IntN(3) == 0 {
			h[i].ending = ending(c.IntN(int(endings)))
		}
	}
	return h
}

func randomHistory(seed uint64) history {
	return drawHistory(rand.New(rand.NewPCG(seed, 0)), 30, 40)
}

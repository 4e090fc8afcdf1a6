package parity

import (
	"fmt"
	"strings"
)

// bucket and transaction have the common methods of bbolt's and memkv's types.
type bucket[B any] interface {
	comparable
	Bucket(key []byte) B
	CreateBucketIfNotExists(key []byte) (B, error)
	DeleteBucket(key []byte) error
	Put(key, value []byte) error
	Delete(key []byte) error
	Sequence() uint64
	ForEach(fn func(k, v []byte) error) error
}

type transaction[B any] interface {
	ForEach(fn func(name []byte, b B) error) error
	Bucket(key []byte) B
	CreateBucketIfNotExists(key []byte) (B, error)
	DeleteBucket(key []byte) error
	Writable() bool
}

// dump formats every bucket with its sequence, every key and every value, each on a line.
func dump[T transaction[B], B bucket[B]](tx T) (string, error) {
	var to strings.Builder
	err := tx.ForEach(func(name []byte, b B) error {
		fmt.Fprintf(&to, "%q #%d\n", name, b.Sequence())
		return dumpBucket(b, " ", &to)
	})
	return to.String(), err
}

func dumpBucket[B bucket[B]](b B, indent string, to *strings.Builder) error {
	return b.ForEach(func(k, v []byte) error {
		inner := b.Bucket(k)
		var none B
		if inner == none {
			// An empty value may be nil before the commit.
			fmt.Fprintf(to, "%s%q = %q\n", indent, k, v)
			return nil
		}
		fmt.Fprintf(to, "%s%q #%d\n", indent, k, inner.Sequence())
		return dumpBucket(inner, indent+" ", to)
	})
}

// A tampering changes one place in the bucket tree directly, past the stores.
type tampering struct {
	Path  []string // names of buckets, then the key
	Value string
	Act   act
}

// An act is the kind of a tampering.
type act string

const (
	put          act = "put"          // store Value, and create the buckets of Path
	remove       act = "remove"       // delete a value
	removeBucket act = "removeBucket" // delete a bucket with its content
	createBucket act = "createBucket" // create a bucket, and the buckets of Path
)

// tamper carries out a tampering in a transaction.
func tamper[T transaction[B], B bucket[B]](tx T, t tampering) error {
	create := t.Act == put || t.Act == createBucket
	var none, b B
	for i, name := range t.Path[:len(t.Path)-1] {
		var err error
		switch {
		case create && i == 0:
			b, err = tx.CreateBucketIfNotExists([]byte(name))
		case create:
			b, err = b.CreateBucketIfNotExists([]byte(name))
		case i == 0:
			b = tx.Bucket([]byte(name))
		default:
			b = b.Bucket([]byte(name))
		}
		if err != nil {
			return err
		}
		if b == none {
			return nil
		}
	}
	key := []byte(t.Path[len(t.Path)-1])
	switch t.Act {
	case put:
		return b.Put(key, []byte(t.Value))
	case remove:
		return b.Delete(key)
	case removeBucket:
		return b.DeleteBucket(key)
	}
	_, err := b.CreateBucketIfNotExists(key)
	return err
}

// firstDifference returns the first line that differs in each text, with its path.
func firstDifference(texts [2]string) (lines [2]string) {
	a, b := strings.Split(texts[0], "\n"), strings.Split(texts[1], "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return [2]string{withPath(a, i), withPath(b, i)}
}

// withPath returns line i, preceded by the names of the buckets that contain it.
func withPath(lines []string, i int) string {
	if i >= len(lines) {
		return "(end)"
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	out := lines[i]
	for depth := indent(lines[i]); i >= 0 && depth > 0; i-- {
		if d := indent(lines[i]); d < depth {
			out = strings.TrimSpace(lines[i]) + " / " + strings.TrimSpace(out)
			depth = d
		}
	}
	return out
}

package schema

import (
	"errors"
	"iter"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// The errors of an [Entry]. Malformed bytes are an error of [Entry.Decode] instead.
var (
	// ErrUnknown means that the schema has no key at this path.
	ErrUnknown = errors.New("the schema has no such key")

	// ErrMissing means that a record lacks a required value.
	ErrMissing = errors.New("missing")

	// ErrNotBucket means that the schema has a bucket at the path of a value.
	ErrNotBucket = errors.New("a value where a bucket belongs")

	// ErrNotValue means that the schema has a value at the path of a bucket.
	ErrNotValue = errors.New("a bucket where a value belongs")
)

// An Entry is one bucket or value of a database, with its description in the schema.
type Entry struct {
	// Path has the names of the buckets from the root, and the name of the entry last. The caller must not modify it.
	// It stays valid after the iteration.
	Path []string

	// Node is the object with the record of the entry. Its type is 0 for entries outside records.
	Node gc.Node

	// Field is the path below the record, such as "target/digest" or "labels/a". It is "" for the record itself and for
	// entries outside records. A "/" in a name is not escaped.
	Field string

	// Value has the bytes of a value, or nil for a bucket or a missing value. The bytes belong to the database.
	Value []byte

	// Bucket is true for a bucket, and false for a value.
	Bucket bool

	// Form is the name of the value's encoding in the schema, such as "varint". It is "" for buckets and unknown
	// values.
	Form string

	// Means describes the purpose of the entry in a few words, or is "" if the schema has no description.
	Means string

	// Err is ErrUnknown, ErrMissing, ErrNotBucket or ErrNotValue, or nil for an entry at a correct path. Malformed
	// bytes are an error of Decode instead.
	Err error

	form *form
}

// Name returns the last element of the path.
func (e *Entry) Name() string { return e.Path[len(e.Path)-1] }

// Decode formats the value for people: numbers in decimal, times in RFC 3339, the type and size of a protobuf Any, and
// texts unchanged. Unknown values are formatted as texts. It returns "" for buckets and missing values. It fails on
// bytes that are malformed according to Form.
func (e *Entry) Decode() (string, error) {
	switch {
	case e.Value == nil:
		return "", nil
	case e.form == nil:
		return decodeText(e.Value), nil
	}
	return e.form.describe(e.Value)
}

// Message returns the type URL and the bytes of a protobuf Any. It reports false if the value is not a valid Any.
func (e *Entry) Message() (typeURL string, value []byte, ok bool) {
	if e.form != &formAny || e.Value == nil {
		return "", nil, false
	}
	a, err := DecodeAny(string(e.Value))
	if err != nil {
		return "", nil, false
	}
	return a.GetTypeUrl(), a.GetValue(), true
}

// Entries yields all buckets and values at and below a path, in the order of their keys. A bucket comes before its
// entries. Missing values of a record come after its other entries. Without a path, Entries yields the whole database.
// It yields nothing if the path does not exist.
func Entries(db memkv.Frozen, path ...string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		w := walk{yield: yield}
		here, at := places(), []string{}
		for i, name := range path {
			here = here.at(name)
			if i == len(path)-1 {
				for key, e := range db.All() {
					if key == name {
						w.entry(at, here, key, e)
					}
				}
				return
			}
			db, _ = db.Bucket(name)
			at = append(at, name)
			w.enter(here, at)
		}
		w.bucket(db, at, here)
	}
}

// A walk iterates over a database and looks up each entry in the schema.
type walk struct {
	yield  func(Entry) bool
	node   gc.Node // the object with the current record
	record int     // the length of the path of the current record; 0 outside records
}

// enter sets the current record if the path is that of a record.
func (w *walk) enter(s *site, path []string) {
	if s == nil || s.record == nil {
		return
	}
	namespace := path[0] // of an unmigrated sandbox
	if namespace == KeyVersion1 {
		namespace = path[1]
	}
	key := path[len(path)-1]
	if s.record.Scoped {
		key = path[len(path)-2] + "/" + key
	}
	w.node = gc.Node{Type: s.record.Resource, Namespace: namespace, Key: key}
	w.record = len(path)
}

// bucket yields the entries of a bucket. It returns false if the consumer stops the iteration.
func (w *walk) bucket(b memkv.Frozen, path []string, s *site) bool {
	for name, e := range b.All() {
		if !w.entry(path, s.at(name), name, e) {
			return false
		}
	}
	if s == nil {
		return true
	}
	for _, needed := range s.needed {
		if !w.need(b, path, s, needed) {
			return false
		}
	}
	return true
}

// entry yields one entry of the bucket at path, and the entries below it. The walk is a copy, so the caller's current
// record is unchanged.
func (w walk) entry(path []string, s *site, name string, stored memkv.Entry) bool {
	path = append(path[:len(path):len(path)], name)
	if stored.IsBucket() {
		w.enter(s, path)
	}
	e := w.describe(path, s)
	e.Bucket, e.Value = stored.IsBucket(), stored.Value()
	switch {
	case s == nil:
		e.Err = ErrUnknown
	case e.Bucket && s.form != nil:
		e.Err = ErrNotValue
	case !e.Bucket && s.form == nil:
		e.Err = ErrNotBucket
	}
	return w.yield(e) && (!e.Bucket || w.bucket(stored.Bucket(), path, s))
}

// need yields an entry for a required value if the bucket lacks it.
func (w *walk) need(b memkv.Frozen, path []string, s *site, needed string) bool {
	names := strings.Split(needed, "/")
	if has(b, names) {
		return true
	}
	for _, name := range names {
		s = s.at(name)
	}
	e := w.describe(append(path[:len(path):len(path)], names...), s)
	e.Err = ErrMissing
	return w.yield(e)
}

// has reports whether a path exists.
func has(b memkv.Frozen, path []string) bool {
	b, _ = b.BucketAt(path[:len(path)-1]...)
	last := path[len(path)-1]
	if _, ok := b.Bucket(last); ok {
		return true
	}
	return b.Get(last) != nil
}

// describe returns the entry of a path, with its description in the schema.
func (w *walk) describe(path []string, s *site) Entry {
	e := Entry{Path: path, Node: w.node}
	if w.record > 0 {
		e.Field = strings.Join(path[w.record:], "/")
	}
	if s != nil {
		e.Means, e.form = s.means, s.form
	}
	if e.form != nil {
		e.Form = e.form.name
	}
	return e
}

package metadata

import (
	"errors"
	"iter"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// What can be wrong with an Entry, besides bytes that are not of its form.
var (
	// ErrUnknown means that the schema has nothing at this place.
	ErrUnknown = errors.New("the schema has no such key")

	// ErrMissing means that a value is not there which every record of its kind has.
	ErrMissing = errors.New("missing")

	// ErrNotBucket means that there is a value where the schema has a bucket.
	ErrNotBucket = errors.New("a value where a bucket belongs")

	// ErrNotValue means that there is a bucket where the schema has a value.
	ErrNotValue = errors.New("a bucket where a value belongs")
)

// An Entry is one bucket or value of a database, and what the schema says of it.
type Entry struct {
	// Path has the names of the buckets that lead to the entry, outermost first, and its own name last. It must not be
	// modified; it is good for ever.
	Path []string

	// Node is the object to whose record the entry belongs, with type 0 for what is in no record.
	Node gc.Node

	// Field is the path below the record, such as "target/digest" or "labels/a": "" for the record itself, and for
	// what is in no record. Names with a "/" stand in it as they are.
	Field string

	// Value has the bytes of a value: nil for a bucket, and for what is missing. They belong to the database.
	Value []byte

	// Bucket tells a bucket from a value.
	Bucket bool

	// Form is the form that the bytes of a value should have, such as "varint": "" for buckets and what is
	// unknown.
	Form string

	// Means says what the entry is for, "" if the schema does not tell.
	Means string

	// Err is one of the errors above; nil if the entry is where it belongs. Bytes that are not of the form are no
	// error here but in Decode.
	Err error

	form *form
}

// Name is the last element of the path.
func (e *Entry) Name() string { return e.Path[len(e.Path)-1] }

// Decode returns the value as a person would write it: numbers in decimal, times as RFC 3339, a protobuf Any by its
// type and size, text as it is. It returns "" for buckets and missing values, and what is unknown as text. The error
// says that the bytes are not of the form that the schema asks for.
func (e *Entry) Decode() (string, error) {
	switch {
	case e.Value == nil:
		return "", nil
	case e.form == nil:
		return decodeText(e.Value), nil
	}
	return e.form.describe(e.Value)
}

// Message returns the type and the bytes of a value that is a protobuf Any, and whether it is one.
func (e *Entry) Message() (typeURL string, value []byte, ok bool) {
	if e.form != &formAny || e.Value == nil {
		return "", nil, false
	}
	a, err := decodeAny(string(e.Value))
	if err != nil {
		return "", nil, false
	}
	return a.GetTypeUrl(), a.GetValue(), true
}

// Entries yields every bucket and value at and below a path, in key order, a bucket before what is in it; with no path
// the whole database. What a record lacks comes after what it has. A path to nothing yields nothing.
func Entries(db memkv.Frozen, path ...string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		w := walk{yield: yield}
		here, at := schema(), []string{}
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

// A walk goes through a database with the schema in hand.
type walk struct {
	yield  func(Entry) bool
	node   gc.Node // of the record that the walk is in
	record int     // length of the path to it; 0 outside
}

// enter notes the record that begins at the path, if one does.
func (w *walk) enter(s *site, path []string) {
	if s == nil || s.record == nil {
		return
	}
	namespace := path[0] // of a sandbox that was not migrated
	if namespace == keyVersion1 {
		namespace = path[1]
	}
	key := path[len(path)-1]
	if s.record.scoped {
		key = path[len(path)-2] + "/" + key
	}
	w.node = gc.Node{Type: s.record.resource, Namespace: namespace, Key: key}
	w.record = len(path)
}

// bucket yields what is in a bucket, which itself was yielded before, and returns false when told to stop.
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

// entry yields one entry of the bucket at path, and what is in it.
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

// need yields an entry for a value that a record should have, if it lacks it.
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

// has reports whether there is anything at a path.
func has(b memkv.Frozen, path []string) bool {
	b, _ = b.BucketAt(path[:len(path)-1]...)
	last := path[len(path)-1]
	if _, ok := b.Bucket(last); ok {
		return true
	}
	return b.Get(last) != nil
}

// describe makes the entry of a path from what the schema says of it.
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

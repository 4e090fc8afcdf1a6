package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// ErrForeign is returned for a bolt database that no snapshotter wrote.
var ErrForeign = errors.New(`no buckets "v1/snapshots" and "v1/parents": not a snapshotter's database`)

// A Snapshot is the snapshotter's record of one snapshot.
type Snapshot struct {
	Name   string // NAMESPACE/NUMBER/KEY if containerd's metadata made it
	ID     uint64 // names the directory, snapshots/ID
	Parent string // the Name of the parent, "" for none
	Kind   snapshots.Kind

	// Size is in bytes. Sized reports whether it is recorded: it is for committed snapshots, and a view has no files of
	// its own, so its size is 0. Inodes is recorded along with Size.
	Size   int64
	Inodes int64
	Sized  bool

	Created, Updated time.Time // zero if not recorded
	Labels           map[string]string

	// Damage says which field of the record cannot be decoded, and why; nil if all can.
	Damage error
}

// Dir returns the path of the snapshot's files below the snapshotter's directory, slash-separated.
func (s *Snapshot) Dir() string { return "snapshots/" + strconv.FormatUint(s.ID, 10) }

// Key splits the name of a snapshot that containerd's metadata made. It returns false for other names.
func (s *Snapshot) Key() (namespace, key string, ok bool) {
	namespace, rest, ok := strings.Cut(s.Name, "/")
	if !ok {
		return "", "", false
	}
	number, key, ok := strings.Cut(rest, "/")
	if _, err := strconv.ParseUint(number, 10, 64); err != nil {
		return "", "", false
	}
	return namespace, key, ok
}

// A Snapshotter is the content of one snapshotter's database. It is immutable and safe for concurrent use. Callers must
// not modify the snapshots that it returns.
type Snapshotter struct {
	snapshots []*Snapshot // by name
	byID      map[uint64]*Snapshot
	links     map[link]string // of the bucket "parents"
}

// A link is a key of the bucket "parents".
type link struct{ parent, child uint64 }

// Is reports whether db has the buckets of a snapshotter's database. A database of containerd in which two namespaces
// have the names "snapshots" and "parents" is told apart by its schema version.
func Is(db memkv.Frozen) bool {
	_, names := db.BucketAt("v1", "snapshots")
	_, parents := db.BucketAt("v1", "parents")
	v1, _ := db.Bucket("v1")
	return names && parents && v1.Get("version") == nil
}

// Read decodes a snapshotter's database. It returns [ErrForeign] if db is another database. A record that cannot be
// decoded is no error: its Damage says what is wrong.
func Read(db memkv.Frozen) (*Snapshotter, error) {
	if !Is(db) {
		return nil, ErrForeign
	}
	s := &Snapshotter{byID: map[uint64]*Snapshot{}, links: map[link]string{}}
	records, _ := db.BucketAt("v1", "snapshots")
	for name, entry := range records.All() {
		if !entry.IsBucket() {
			continue
		}
		snapshot := decode(name, entry.Bucket())
		s.snapshots = append(s.snapshots, snapshot)
		if snapshot.ID != 0 && s.byID[snapshot.ID] == nil {
			s.byID[snapshot.ID] = snapshot
		}
	}
	parents, _ := db.BucketAt("v1", "parents")
	for key, entry := range parents.All() {
		if l, ok := decodeLink(key); ok && !entry.IsBucket() {
			s.links[l] = entry.Text()
		}
	}
	return s, nil
}

// New builds a Snapshotter from records, for a snapshotter without a database. It takes ownership of the records.
func New(records []*Snapshot) *Snapshotter {
	s := &Snapshotter{byID: map[uint64]*Snapshot{}, links: map[link]string{}, snapshots: records}
	slices.SortFunc(s.snapshots, func(a, b *Snapshot) int { return strings.Compare(a.Name, b.Name) })
	for _, snapshot := range s.snapshots {
		s.byID[snapshot.ID] = snapshot
	}
	for _, snapshot := range s.snapshots {
		if parent := s.Lookup(snapshot.Parent); parent != nil {
			s.links[link{parent.ID, snapshot.ID}] = snapshot.Name
		}
	}
	return s
}

func decode(name string, record memkv.Frozen) *Snapshot {
	s := &Snapshot{Name: strings.Clone(name), Parent: string(record.Get("parent"))}
	damage := func(field, wrong string) {
		if s.Damage == nil {
			s.Damage = fmt.Errorf("field %q: %s", field, wrong)
		}
	}
	if id, n := binary.Uvarint(record.Get("id")); n > 0 && id > 0 {
		s.ID = id
	} else {
		damage("id", "not a positive number")
	}
	kind := record.Get("kind")
	if len(kind) == 1 && kind[0] >= byte(snapshots.KindView) && kind[0] <= byte(snapshots.KindCommitted) {
		s.Kind = snapshots.Kind(kind[0])
	} else {
		damage("kind", "not the number of a kind")
	}
	for _, field := range []struct {
		name string
		to   *int64
	}{{"size", &s.Size}, {"inodes", &s.Inodes}} {
		value := record.Get(field.name)
		if value == nil {
			continue
		}
		number, n := binary.Varint(value)
		if n <= 0 || number < 0 {
			damage(field.name, "not a number of 0 or more")
			continue
		}
		*field.to = number
		s.Sized = s.Sized || field.name == "size"
	}
	s.Sized = s.Sized || s.Kind == snapshots.KindView
	for _, field := range []struct {
		name string
		to   *time.Time
	}{{"createdat", &s.Created}, {"updatedat", &s.Updated}} {
		if value := record.Get(field.name); value != nil && field.to.UnmarshalBinary(value) != nil {
			damage(field.name, "not a time")
		}
	}
	if labels, ok := record.Bucket("labels"); ok {
		s.Labels = map[string]string{}
		for name, value := range labels.All() {
			s.Labels[strings.Clone(name)] = strings.Clone(value.Text())
		}
	}
	return s
}

func decodeLink(key string) (l link, ok bool) {
	data := []byte(key)
	parent, n := binary.Uvarint(data)
	if n <= 0 || n >= len(data) || data[n] != 0 {
		return link{}, false
	}
	child, m := binary.Uvarint(data[n+1:])
	return link{parent, child}, m > 0
}

// All yields the snapshots in the order of their names.
func (s *Snapshotter) All() iter.Seq[*Snapshot] { return slices.Values(s.snapshots) }

// Len returns the number of snapshots.
func (s *Snapshotter) Len() int { return len(s.snapshots) }

// Lookup returns the snapshot with the given name, or nil.
func (s *Snapshotter) Lookup(name string) *Snapshot {
	byName := func(s *Snapshot, name string) int { return strings.Compare(s.Name, name) }
	i, ok := slices.BinarySearchFunc(s.snapshots, name, byName)
	if !ok {
		return nil
	}
	return s.snapshots[i]
}

// ByID returns the snapshot whose files are in snapshots/ID, or nil.
func (s *Snapshotter) ByID(id uint64) *Snapshot { return s.byID[id] }

// Linked reports whether the bucket "parents" has the snapshot as a child of its parent, as it should. It is true for a
// snapshot without a parent.
func (s *Snapshotter) Linked(snapshot *Snapshot) bool {
	if snapshot.Parent == "" {
		return true
	}
	parent := s.Lookup(snapshot.Parent)
	return parent != nil && s.links[link{parent.ID, snapshot.ID}] == snapshot.Name
}

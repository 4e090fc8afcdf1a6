package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A kind is the kind of an object. The kind of a Collector's resources is resource plus their type.
type kind uint8

const (
	content kind = iota
	snapshot
	image
	container
	lease
	ingest
	sandbox
	kinds         // the number of kinds in the database
	resource = 32 // the first kind of Collector resources
)

var kindNames = [kinds]string{"content", "snapshot", "image", "container", "lease", "ingest", "sandbox"}

func (k kind) String() string {
	if k >= resource {
		return fmt.Sprint("type", uint8(k-resource))
	}
	return kindNames[k]
}

// A key names an object in a namespace. The name of a snapshot is its snapshotter, a slash and its key.
type key struct {
	kind kind
	name string
}

func (k key) String() string { return k.kind.String() + "/" + k.name }

// An object is the model of one record. Fields that its kind does not have are zero.
type object struct {
	labels map[string]string

	target   string // of an image: the digest
	noTarget bool   // of an image: the record has no target
	expected string // of an ingest: the shared blob
	parent   string // of a snapshot: the parent's key
	form     byte   // of a snapshot: 'a'ctive, 'v'iew, 'c'ommitted, or 0 if unknown
	on       string // of a container: SNAPSHOTTER/KEY of its snapshot
	expireAt time.Time
	held     map[key]bool    // of a lease: its resources
	children map[string]bool // of a snapshot: the keys of its children, and of children that collections removed

	backendUnknown bool // a fault may have changed the snapshot in the backend

	checked memkv.Identity // the record that last equaled the object; zero for none
}

// shallowCopy returns a copy that shares the maps, to be changed.
func (o *object) shallowCopy() *object {
	c := *o
	c.checked = memkv.Identity{}
	return &c
}

// clone returns a copy that shares nothing.
func (o *object) clone() *object {
	c := o.shallowCopy()
	c.held, c.children = maps.Clone(o.held), maps.Clone(o.children)
	return c
}

func (o *object) String() string {
	return fmt.Sprintf("labels %v, target %q, expected %q, parent %q, on %q, until %s, holding %v, with children %v",
		o.labels, o.target, o.expected, o.parent, o.on, o.expireAt.UTC().Format(time.RFC3339), o.held, o.children)
}

// A model is the expected content of a database.
//
// Invariants: objects has every slot with an object, and slot.place is its index there. space.count has the number of
// objects of each kind. A slot's derived links are dropped, or those of its current object under the current
// collectors.
type model struct {
	rules      rules
	spaces     map[string]*space
	objects    []*slot // in arbitrary order
	collectors []collector
	passes     pass   // marking passes so far
	marker     marker // reused by each pass
}

// A space is a namespace.
type space struct {
	model *model
	name  string
	slots map[key]*slot
	count [kinds]int // of objects

	stored storedSpace // when the Oracle called readSpaces last
}

// A slot is a name in a namespace, with or without an object. Objects refer to each other by pointers to slots, so a
// reference to a missing object is a pointer, too. A slot takes two cache lines, because a marking pass visits all.
type slot struct {
	key
	object  *object // nil if the name is not stored
	derived links   // of the object; see the method links
	space   *space

	// The numbers of the last marking pass that reached the slot in full, that reached it through a flat lease, and
	// that filled claims.
	full, flat, claimed pass
	place               int32   // index in model.objects; without meaning if object is nil
	claims              []*slot // slots with a back reference that makes this slot keep them
}

// A pass is the number of a marking pass, from 1.
type pass uint32

func newModel(r rules) *model { return &model{rules: r, spaces: map[string]*space{}} }

func (m *model) space(ns string) *space {
	s := m.spaces[ns]
	if s == nil {
		s = &space{model: m, name: ns, slots: map[key]*slot{}}
		m.spaces[ns] = s
	}
	return s
}

// get returns the object of that name, or nil.
func (s *space) get(k key) *object {
	if at := s.slots[k]; at != nil {
		return at.object
	}
	return nil
}

// slot returns the slot of that name, and makes it if needed.
func (s *space) slot(k key) *slot {
	at := s.slots[k]
	if at == nil {
		at = &slot{key: k, space: s}
		s.slots[k] = at
	}
	return at
}

// set stores an object.
func (s *space) set(k key, o *object) {
	at := s.slot(k)
	if at.object == nil {
		s.count[k.kind]++
		at.place = int32(len(s.model.objects))
		s.model.objects = append(s.model.objects, at)
	}
	at.object = o
	at.dropLinks()
}

// remove removes an object, if it exists.
func (s *space) remove(k key) {
	at := s.slots[k]
	if at == nil || at.object == nil {
		return
	}
	at.object = nil
	at.dropLinks()
	s.count[k.kind]--
	all := s.model.objects
	last := all[len(all)-1]
	all[at.place], last.place = last, at.place
	s.model.objects = all[:len(all)-1]
}

// sorted returns the slots with objects, by kind and name.
func (s *space) sorted() (all []*slot) {
	for _, at := range s.slots {
		if at.object != nil {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b *slot) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	return all
}

// dropUnusedSlots drops the slots without objects if they are many.
func (m *model) dropUnusedSlots() {
	names := 0
	for _, s := range m.spaces {
		names += len(s.slots)
	}
	if names < 2*len(m.objects)+1000 {
		return
	}
	m.dropDerived()
	for _, s := range m.spaces {
		maps.DeleteFunc(s.slots, func(_ key, at *slot) bool { return at.object == nil })
	}
}

// dropDerived drops everything derived from the objects.
func (m *model) dropDerived() {
	for _, at := range m.objects {
		at.derived, at.claims = links{}, nil
	}
}

// stored returns labels as the database stores them: without empty values.
func stored(labels map[string]string) map[string]string {
	for _, v := range labels {
		if v == "" {
			kept := maps.Clone(labels)
			maps.DeleteFunc(kept, func(_, v string) bool { return v == "" })
			return kept
		}
	}
	return labels
}

// updated returns the labels after an update with these field paths. No path, or "labels", replaces all labels;
// "labels.NAME" replaces one. It is false if a path names another field.
func updated(old, change map[string]string, paths []string) (map[string]string, bool) {
	if len(paths) == 0 {
		return stored(change), true
	}
	labels := old
	for _, path := range paths {
		switch {
		case path == "labels":
			labels = change
		case len(path) > len("labels.") && path[:len("labels.")] == "labels.":
			labels = maps.Clone(labels)
			if labels == nil {
				labels = map[string]string{}
			}
			name := path[len("labels."):]
			labels[name] = change[name]
		default:
			return nil, false
		}
	}
	return stored(labels), true
}

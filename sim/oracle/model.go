package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
)

// kind is what an object is. Kinds from thing on are those of Collectors' resources, whose type is added to it.
type kind uint8

const (
	content kind = iota
	snapshot
	image
	container
	lease
	ingest
	sandbox
	kinds         // how many there are in the database
	resource = 32 // the first kind of Collector resources
)

var kindNames = [kinds]string{"content", "snapshot", "image", "container", "lease", "ingest", "sandbox"}

func (k kind) String() string {
	if k >= resource {
		return fmt.Sprint("type", uint8(k-resource))
	}
	return kindNames[k]
}

// key names an object of one namespace. That of a snapshot is its snapshotter, a slash and its own.
type key struct {
	kind kind
	name string
}

func (k key) String() string { return k.kind.String() + "/" + k.name }

// An object is what the model knows of one record.
type object struct {
	labels map[string]string

	target   string // of an image: the digest
	noTarget bool   // an image that has no target at all
	expected string // of an ingest
	parent   string // of a snapshot: its own key
	form     byte   // of a snapshot: 'a'ctive, 'v'iew or 'c'ommitted
	on       string // of a container: its snapshot's key
	expireAt time.Time
	held     map[key]bool    // by a lease
	children map[string]bool // of a snapshot, and those that were removed by collections

	backendUnknown bool // a fault may have left the backend with something else

	checked memkv.Identity // of the record that was found to be this object
}

// changed returns a copy, to be changed, of all but what was derived from it.
func (o *object) shallowCopy() *object {
	c := *o
	c.checked = memkv.Identity{}
	return &c
}

// apart returns a copy that shares nothing that changes.
func (o *object) clone() *object {
	c := o.shallowCopy()
	c.held, c.children = maps.Clone(o.held), maps.Clone(o.children)
	return c
}

func (o *object) String() string {
	return fmt.Sprintf("labels %v, target %q, expected %q, parent %q, on %q, until %s, holding %v, with children %v",
		o.labels, o.target, o.expected, o.parent, o.on, o.expireAt.UTC().Format(time.RFC3339), o.held, o.children)
}

// A model is what a database should have in it.
type model struct {
	rules      rules
	spaces     map[string]*space
	objects    []*slot // that there are, in no order that means anything
	collectors []collector
	passes     uint64 // marking passes so far
}

// A space is a namespace.
type space struct {
	model *model
	name  string
	slots map[key]*slot
	count [kinds]int // of objects
}

// A slot is a name in a space, of an object or of something that is not there and only referred to: so that from one
// object to another it is only a pointer.
type slot struct {
	key
	space   *space
	object  *object // nil: it is not there
	derived *links  // by the object, once that was read
	place   int     // in model.objects

	// Numbers of the reaches that last came here in full, came by a flat lease, and filled claims.
	full, flat, claimed uint64
	claims              []*slot // those that want to be kept by this one
}

func newModel(r rules) *model { return &model{rules: r, spaces: map[string]*space{}} }

func (m *model) space(ns string) *space {
	s := m.spaces[ns]
	if s == nil {
		s = &space{model: m, name: ns, slots: map[key]*slot{}}
		m.spaces[ns] = s
	}
	return s
}

// get returns an object, or nil.
func (s *space) get(k key) *object {
	if at := s.slots[k]; at != nil {
		return at.object
	}
	return nil
}

func (s *space) slot(k key) *slot {
	at := s.slots[k]
	if at == nil {
		at = &slot{key: k, space: s}
		s.slots[k] = at
	}
	return at
}

func (s *space) set(k key, o *object) {
	at := s.slot(k)
	if at.object == nil {
		s.count[k.kind]++
		at.place = len(s.model.objects)
		s.model.objects = append(s.model.objects, at)
	}
	at.object, at.derived = o, nil
}

func (s *space) remove(k key) {
	at := s.slots[k]
	if at == nil || at.object == nil {
		return
	}
	at.object, at.derived = nil, nil
	s.count[k.kind]--
	all := s.model.objects
	last := all[len(all)-1]
	all[at.place], last.place = last, at.place
	s.model.objects = all[:len(all)-1]
}

// sorted returns what is there, by kind and name.
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

// forget drops the names that nothing has and nothing refers to, if they are many.
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

// unlink drops what was derived from the objects.
func (m *model) dropDerived() {
	for _, at := range m.objects {
		at.derived, at.claims = nil, nil
	}
}

// stored returns the labels that are kept: an empty value is none.
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

// updated returns labels after an update of the paths: all of them without any, or those named.
// It is false if a path names something else.
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

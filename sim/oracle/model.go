package oracle

import (
	"maps"
	"time"
)

// kind is what an object is.
type kind uint8

const (
	content kind = iota
	snapshot
	image
	container
	lease
	ingest
	sandbox
	kinds // how many there are
)

var kindNames = [kinds]string{"content", "snapshot", "image", "container", "lease", "ingest", "sandbox"}

// key names an object of one namespace. That of a snapshot is its snapshotter, a slash and its own.
type key struct {
	kind kind
	name string
}

func (k key) String() string { return kindNames[k.kind] + "/" + k.name }

// An object is what the model knows of one record.
type object struct {
	labels map[string]string

	target   string // of an image: the digest
	aimless  bool   // an image that has no target at all
	expected string // of an ingest
	parent   string // of a snapshot: its own key
	form     byte   // of a snapshot: 'a'ctive, 'v'iew or 'c'ommitted
	on       string // of a container: its snapshot's key
	expireAt time.Time
	held     map[key]bool    // by a lease
	children map[string]bool // of a snapshot, and those that were removed by collections

	shaky bool // a fault may have left the backend with something else

	read *reading // what the labels say, once they were read
}

// changed returns a copy, to be changed, of all but what its labels say.
func (o *object) changed() *object {
	c := *o
	c.read = nil
	return &c
}

// A space is a namespace.
type space struct {
	objects map[key]*object
	count   [kinds]int
}

func newSpace() *space { return &space{objects: map[key]*object{}} }

func (s *space) set(k key, o *object) {
	if s.objects[k] == nil {
		s.count[k.kind]++
	}
	s.objects[k] = o
}

func (s *space) remove(k key) {
	if s.objects[k] != nil {
		s.count[k.kind]--
		delete(s.objects, k)
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

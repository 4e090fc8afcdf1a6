package oracle

import (
	"strings"
	"time"
)

const gcLabel = "containerd.io/gc."

// links are what an object says by its labels and its fields, as far as it counts on an object of its kind.
type links struct {
	refs     []*slot // what it keeps, unless it is itself kept by no more than a flat lease
	along    []*slot // what it keeps in the way in which it is kept
	backRefs []*slot // what it wants to be kept by
	held     []*slot // by a lease
	when     []condition
	usedAt   []time.Time
	root     bool
	flat     bool
	expires  bool
	expire   time.Time
}

// A condition keeps a snapshot that was used longer ago than age, or later.
type condition struct {
	target *slot
	later  bool
	age    time.Duration
}

// holds reports whether the condition is met at a time by one of those at which a snapshot was used.
func (c condition) holds(now time.Time, usedAt []time.Time) bool {
	for _, t := range usedAt {
		if past := now.Sub(t); c.later && past < c.age || !c.later && past > c.age {
			return true
		}
	}
	return false
}

// links returns those of the object in a slot.
func (at *slot) links() *links {
	if at.derived == nil {
		at.derived = &links{}
		at.space.readFields(at.derived, at.kind, at.name, at.object)
		for name, value := range at.object.labels {
			if rest, ok := strings.CutPrefix(name, gcLabel); ok {
				at.space.readLabel(at.derived, at.kind, rest, value)
			}
		}
	}
	return at.derived
}

// readFields adds what the fields of an object say.
func (s *space) readFields(to *links, k kind, name string, o *object) {
	switch k {
	case snapshot:
		if o.parent != "" {
			snapshotter, _ := splitSnapshot(name)
			to.along = append(to.along, s.slot(key{snapshot, snapshotter + "/" + o.parent}))
		}
	case image:
		if !o.noTarget {
			to.along = append(to.along, s.slot(key{content, o.target}))
		}
	case ingest:
		if o.expected != "" {
			to.refs = append(to.refs, s.slot(key{content, o.expected}))
		}
	case container:
		if o.on != "" {
			to.refs = append(to.refs, s.slot(key{snapshot, o.on}))
		}
	case lease:
		for held := range o.held {
			if held.kind != image || s.model.rules.images {
				to.held = append(to.held, s.slot(held))
			}
		}
	}
}

// readLabel adds what one label says, of whose name rest follows "containerd.io/gc.".
func (s *space) readLabel(to *links, k kind, rest, value string) {
	r := s.model.rules
	switch {
	case rest == "root" || r.rootPrefix && strings.HasPrefix(rest, "root"):
		to.root = true
	case rest == "flat":
		to.flat = true
	case rest == "expire":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			to.expires, to.expire = true, t
		}
	case strings.HasPrefix(rest, "ref.") && k != lease && k != ingest && (k != sandbox || r.sandboxes):
		form := rest[len("ref."):]
		if ref, ok := reference(form, value); ok && ref.kind != container && (ref.kind != image || r.images) {
			to.refs = append(to.refs, s.slot(ref))
		}
		for _, c := range s.model.collectors {
			if hasForm(form, c.label) && c.label != "" {
				to.refs = append(to.refs, s.slot(key{c.kind, value}))
			}
		}
	case strings.HasPrefix(rest, "bref.") && r.backReference:
		if ref, ok := reference(rest[len("bref."):], value); ok {
			to.backRefs = append(to.backRefs, s.slot(ref))
		}
	case strings.HasPrefix(rest, "cond.value-usedat") && r.conditions:
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			to.usedAt = append(to.usedAt, t)
		}
	case strings.HasPrefix(rest, "cond.snapshot") && r.conditions && (k == content || k == image):
		to.when = append(to.when, s.conditions(rest[len("cond.snapshot"):], value)...)
	}
}

// reference returns what KIND or KIND.ANYTHING, or snapshot.SNAPSHOTTER, refers to.
func reference(form, value string) (key, bool) {
	for _, k := range []kind{content, image, container} {
		if hasForm(form, kindNames[k]) {
			return key{k, value}, true
		}
	}
	if rest, ok := strings.CutPrefix(form, "snapshot."); ok {
		snapshotter, _, _ := strings.Cut(rest, "/")
		return key{snapshot, snapshotter + "/" + value}, true
	}
	return key{}, false
}

// named reports whether a form is that name, be it with something behind it.
func hasForm(form, name string) bool {
	rest, ok := strings.CutPrefix(form, name)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '/')
}

func (s *space) conditions(rest, value string) (all []condition) {
	snapshotter, _, _ := strings.Cut(strings.TrimLeft(rest, "./"), "/")
	list, name, ok := strings.Cut(value, "|")
	if !ok {
		return nil
	}
	for _, one := range strings.Split(list, ",") {
		i := strings.IndexAny(one, "!<>=")
		if i < 0 || one[:i] != "usedat" || one[i] != '<' && one[i] != '>' {
			continue
		}
		if age, err := time.ParseDuration(one[i+1:]); err == nil {
			all = append(all, condition{s.slot(key{snapshot, snapshotter + "/" + name}), one[i] == '<', age})
		}
	}
	return all
}

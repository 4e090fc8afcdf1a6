package oracle

import (
	"strings"
	"time"
)

// gcLabel is the prefix of all labels with a meaning for collections.
const gcLabel = "containerd.io/gc."

// links are the references and properties that the fields and labels of an object express. A marking pass reads those
// of every object, so the rare ones are apart.
type links struct {
	// keeps are the objects that it keeps: the first along of them as it is kept itself, the others unless only a flat
	// lease keeps it.
	keeps []*slot
	*rareLinks
	along uint8 // 1 for an object with a parent or a target
	root  bool
}

// rareLinks are the links that few objects have.
type rareLinks struct {
	backRefs []*slot // objects that keep it, by its own label
	held     []*slot // resources of a lease
	when     []condition
	usedAt   []time.Time
	flat     bool
	expires  bool // expire is set
	expire   time.Time
}

// noRareLinks are those of most objects.
var noRareLinks = &rareLinks{}

// rare returns the rare links, to be changed.
func (l *links) rare() *rareLinks {
	if l.rareLinks == noRareLinks {
		l.rareLinks = &rareLinks{}
	}
	return l.rareLinks
}

// expired reports whether the object expires before now.
func (l *links) expired(now time.Time) bool { return l.expires && now.After(l.expire) }

// A condition keeps a snapshot depending on the time since its last use: longer than age, or shorter if younger is set.
type condition struct {
	target  *slot
	younger bool
	age     time.Duration
}

// holds reports whether one of the times of use satisfies the condition now.
func (c condition) holds(now time.Time, usedAt []time.Time) bool {
	for _, t := range usedAt {
		if past := now.Sub(t); c.younger && past < c.age || !c.younger && past > c.age {
			return true
		}
	}
	return false
}

// links returns the links of the slot's object, and caches them.
func (at *slot) links() *links {
	if at.derived.rareLinks == nil {
		at.derive()
	}
	return &at.derived
}

func (at *slot) derive() {
	to := &at.derived
	*to = links{keeps: to.keeps[:0], rareLinks: noRareLinks}
	at.space.readFields(to, at.kind, at.name, at.object)
	for name, value := range at.object.labels {
		if rest, ok := strings.CutPrefix(name, gcLabel); ok {
			at.space.readLabel(to, at.kind, rest, value)
		}
	}
}

// dropLinks makes the next call of links derive them anew.
func (at *slot) dropLinks() { at.derived.rareLinks = nil }

// readFields adds the links that the fields of an object express.
func (s *space) readFields(to *links, k kind, name string, o *object) {
	switch k {
	case snapshot:
		if o.parent != "" {
			snapshotter, _ := splitSnapshot(name)
			to.keeps, to.along = append(to.keeps, s.slot(key{snapshot, snapshotter + "/" + o.parent})), 1
		}
	case image:
		if !o.noTarget {
			to.keeps, to.along = append(to.keeps, s.slot(key{content, o.target})), 1
		}
	case ingest:
		if o.expected != "" {
			to.keeps = append(to.keeps, s.slot(key{content, o.expected}))
		}
	case container:
		if o.on != "" {
			to.keeps = append(to.keeps, s.slot(key{snapshot, o.on}))
		}
	case lease:
		rare := to.rare()
		for held := range o.held {
			if held.kind != image || s.model.rules.images {
				rare.held = append(rare.held, s.slot(held))
			}
		}
	}
}

// readLabel adds the links that one label expresses. rest is the label's name without the prefix "containerd.io/gc.".
func (s *space) readLabel(to *links, k kind, rest, value string) {
	r := s.model.rules
	switch {
	case rest == "root" || r.rootPrefix && strings.HasPrefix(rest, "root"):
		to.root = true
	case rest == "flat":
		to.rare().flat = true
	case rest == "expire":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			rare := to.rare()
			rare.expires, rare.expire = true, t
		}
	case strings.HasPrefix(rest, "ref.") && k != lease && k != ingest && (k != sandbox || r.sandboxes):
		form := rest[len("ref."):]
		if ref, ok := reference(form, value); ok && ref.kind != container && (ref.kind != image || r.images) {
			to.keeps = append(to.keeps, s.slot(ref))
		}
		for _, c := range s.model.collectors {
			if hasForm(form, c.label) && c.label != "" {
				to.keeps = append(to.keeps, s.slot(key{c.kind, value}))
			}
		}
	case strings.HasPrefix(rest, "bref.") && r.backReference:
		if ref, ok := reference(rest[len("bref."):], value); ok {
			rare := to.rare()
			rare.backRefs = append(rare.backRefs, s.slot(ref))
		}
	case strings.HasPrefix(rest, "cond.value-usedat") && r.conditions:
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			rare := to.rare()
			rare.usedAt = append(rare.usedAt, t)
		}
	case strings.HasPrefix(rest, "cond.snapshot") && r.conditions && (k == content || k == image):
		rare := to.rare()
		rare.when = append(rare.when, s.conditions(rest[len("cond.snapshot"):], value)...)
	}
}

// reference returns the object that a label refers to. form is KIND, KIND.ANYTHING or snapshot.SNAPSHOTTER.
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

// hasForm reports whether form is name, alone or followed by a dot or a slash.
func hasForm(form, name string) bool {
	rest, ok := strings.CutPrefix(form, name)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '/')
}

// conditions parses the value of a condition label, such as "usedat<24h,usedat>1h|KEY". It skips malformed terms.
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

// rules are the differences between versions of containerd.
type rules struct {
	sandboxes     bool // labels of sandboxes are references
	images        bool // images can be collected, leased and referred to
	rootPrefix    bool // any label that begins with gc.root makes a root
	backReference bool
	conditions    bool
}

// rulesOf are the rules by version.
var rulesOf = map[string]rules{
	"1.6": {},
	"1.7": {sandboxes: true},
	"2.0": {sandboxes: true, images: true},
	"2.1": {sandboxes: true, images: true},
	"2.2": {sandboxes: true, images: true, rootPrefix: true, backReference: true},
	"2.3": {sandboxes: true, images: true, rootPrefix: true, backReference: true, conditions: true},
	"2.4": {sandboxes: true, images: true, rootPrefix: true, backReference: true, conditions: true},
}

package oracle

import (
	"strings"
	"time"
)

// rules are what one version of containerd does otherwise than others.
type rules struct {
	sandboxes     bool // their labels refer to things
	images        bool // they can be collected, leased and referred to
	rootPrefix    bool // any label that begins as gc.root does makes a root
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

const (
	gcLabel   = "containerd.io/gc."
	rootLabel = gcLabel + "root"
)

// A reading is what labels mean for collections, whoever has them.
type reading struct {
	refs     []key // what they refer to
	backRefs []key // what they want to be kept by
	root     bool
	flat     bool
	expires  bool
	expire   time.Time
	usedAt   []time.Time
	when     []condition
}

// A condition keeps a snapshot that was used longer ago than age, or later.
type condition struct {
	target key
	later  bool
	age    time.Duration
}

// read returns what the labels of an object mean.
func (r rules) read(o *object) *reading {
	if o.read == nil {
		o.read = &reading{}
		for name, value := range o.labels {
			if rest, ok := strings.CutPrefix(name, gcLabel); ok {
				r.label(o.read, rest, value)
			}
		}
	}
	return o.read
}

// label adds what one label means, of whose name rest follows "containerd.io/gc.".
func (r rules) label(to *reading, rest, value string) {
	switch {
	case rest == "root" || r.rootPrefix && strings.HasPrefix(rest, "root"):
		to.root = true
	case rest == "flat":
		to.flat = true
	case rest == "expire":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			to.expires, to.expire = true, t
		}
	case strings.HasPrefix(rest, "ref."):
		if k, ok := reference(rest[len("ref."):], value); ok && k.kind != container && (k.kind != image || r.images) {
			to.refs = append(to.refs, k)
		}
	case strings.HasPrefix(rest, "bref.") && r.backReference:
		if k, ok := reference(rest[len("bref."):], value); ok {
			to.backRefs = append(to.backRefs, k)
		}
	case strings.HasPrefix(rest, "cond.value-usedat") && r.conditions:
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			to.usedAt = append(to.usedAt, t)
		}
	case strings.HasPrefix(rest, "cond.snapshot") && r.conditions:
		to.when = append(to.when, conditions(rest[len("cond.snapshot"):], value)...)
	}
}

// reference returns what KIND or KIND.ANYTHING, or snapshot.SNAPSHOTTER, refers to.
func reference(form, value string) (key, bool) {
	for _, k := range []kind{content, image, container} {
		rest, ok := strings.CutPrefix(form, kindNames[k])
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '/') {
			return key{k, value}, true
		}
	}
	if rest, ok := strings.CutPrefix(form, "snapshot."); ok {
		snapshotter, _, _ := strings.Cut(rest, "/")
		return key{snapshot, snapshotter + "/" + value}, true
	}
	return key{}, false
}

func conditions(rest, value string) (all []condition) {
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
			all = append(all, condition{key{snapshot, snapshotter + "/" + name}, one[i] == '<', age})
		}
	}
	return all
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

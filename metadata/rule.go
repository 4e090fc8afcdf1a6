package metadata

import "strings"

// A meaning is what a label says about the object that carries it. Meanings are bits, so that a kind can list
// those that it obeys.
type meaning uint16

const (
	refers         meaning = 1 << iota // the object keeps the target
	referred                           // the target keeps the object: a back reference
	rooted                             // the object stays by itself
	conditional                        // the object keeps the target if the target meets a condition
	conditionValue                     // a value that conditions on the object look at
	expires                            // until when the object is a root
	flattens                           // the object's resources do not hold what they refer to in turn
)

// A suffix is what may follow a rule's label in the key of a label of an object.
type suffix uint8

const (
	exact       suffix = iota // nothing: the key is the label
	named                     // nothing, or a name after "." or "/", which is ignored
	scoped                    // the snapshotter, up to a "/" and a name that is ignored
	scopedLoose               // the same after any number of "." and "/"
	prefixed                  // anything
)

// labelPrefix begins every label that means something to collections.
const labelPrefix = "containerd.io/gc."

// A rule gives the meaning of a label. The rules of a version of containerd are the rows whose versions span
// it; every row that fits a label's key counts.
type rule struct {
	label   string // without labelPrefix
	suffix  suffix
	meaning meaning
	target  ResourceType // for refers, referred and conditional
	since   Version      // 0: from the first
	until   Version      // 0: to the newest
}

var labelRules = []rule{
	{label: "bref.container", suffix: named, meaning: referred, target: ResourceContainer, since: V2_2},
	{label: "bref.content", suffix: named, meaning: referred, target: ResourceContent, since: V2_2},
	{label: "bref.image", suffix: named, meaning: referred, target: ResourceImage, since: V2_2},
	{label: "bref.snapshot.", suffix: scoped, meaning: referred, target: ResourceSnapshot, since: V2_2},
	{label: "cond.snapshot", suffix: scopedLoose, meaning: conditional, target: ResourceSnapshot, since: V2_3},
	{label: "cond.value-usedat", suffix: prefixed, meaning: conditionValue, since: V2_3},
	{label: "expire", meaning: expires},
	{label: "flat", meaning: flattens},
	{label: "ref.content", suffix: named, meaning: refers, target: ResourceContent},
	{label: "ref.image", suffix: named, meaning: refers, target: ResourceImage, since: V2_0},
	{label: "ref.snapshot.", suffix: scoped, meaning: refers, target: ResourceSnapshot},
	{label: "root", meaning: rooted, until: V2_1},
	{label: "root", suffix: prefixed, meaning: rooted, since: V2_2},
}

// collectorRule is the rule that a registered collector's reference label adds.
func collectorRule(reference string, target ResourceType) rule {
	return rule{label: "ref." + reference, suffix: named, meaning: refers, target: target}
}

func (r *rule) holds(v Version) bool { return r.since <= v && (r.until == 0 || v <= r.until) }

// fits reports whether key, from which labelPrefix was cut, is a label of this rule, and the snapshotter that it
// names, if the rule has one.
func (r *rule) fits(key string) (snapshotter string, ok bool) {
	rest, ok := strings.CutPrefix(key, r.label)
	if !ok {
		return "", false
	}
	switch r.suffix {
	case exact:
		return "", rest == ""
	case named:
		return "", rest == "" || rest[0] == '.' || rest[0] == '/'
	case scopedLoose:
		rest = strings.TrimLeft(rest, "./")
		fallthrough
	case scoped:
		snapshotter, _, _ = strings.Cut(rest, "/")
		return snapshotter, true
	}
	return "", true
}

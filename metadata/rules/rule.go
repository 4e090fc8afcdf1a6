package rules

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// A Meaning is the effect of a label on the object that carries it. Meanings are bits, so a set of them is a Meaning
// too.
type Meaning uint16

// The meanings of labels.
const (
	Reference      Meaning = 1 << iota // the object keeps the target
	BackReference                      // the target keeps the object
	Root                               // the object is a root
	Condition                          // the object keeps the target if the target satisfies a condition
	ConditionValue                     // a value of the object, for conditions of other objects
	Expiry                             // the time until which the object is a root
	Flat                               // the lease holds its resources without their references
)

// A Suffix is the text that a label's key may have after the label of a rule.
type Suffix uint8

// The suffixes.
const (
	Exact       Suffix = iota // nothing
	Named                     // nothing, or "." or "/" and a name, which is ignored
	Scoped                    // the snapshotter, up to a "/" and a name, which is ignored
	ScopedLoose               // any number of "." and "/", then as Scoped
	Prefix                    // any text
)

// LabelPrefix is the prefix of every label that collections read.
const LabelPrefix = "containerd.io/gc."

// LabelExpire is the label with the time until which an image or a lease is a root, in the form of RFC 3339.
const LabelExpire = LabelPrefix + "expire"

// A Rule gives a label its meaning in some versions of containerd.
type Rule struct {
	Label   string // without LabelPrefix
	Suffix  Suffix
	Meaning Meaning
	Target  gc.ResourceType // for Reference, BackReference and Condition
	Since   Version         // the first version with the rule; 0 for all old ones
	Until   Version         // the last version with the rule; 0 for all new ones
}

// labelRules are the rules of all versions. A key can match several.
var labelRules = []Rule{
	{Label: "bref.container", Suffix: Named, Meaning: BackReference, Target: ResourceContainer, Since: V2_2},
	{Label: "bref.content", Suffix: Named, Meaning: BackReference, Target: ResourceContent, Since: V2_2},
	{Label: "bref.image", Suffix: Named, Meaning: BackReference, Target: ResourceImage, Since: V2_2},
	{Label: "bref.snapshot.", Suffix: Scoped, Meaning: BackReference, Target: ResourceSnapshot, Since: V2_2},
	{Label: "cond.snapshot", Suffix: ScopedLoose, Meaning: Condition, Target: ResourceSnapshot, Since: V2_3},
	{Label: "cond.value-usedat", Suffix: Prefix, Meaning: ConditionValue, Since: V2_3},
	{Label: "expire", Meaning: Expiry},
	{Label: "flat", Meaning: Flat},
	{Label: "ref.content", Suffix: Named, Meaning: Reference, Target: ResourceContent},
	{Label: "ref.image", Suffix: Named, Meaning: Reference, Target: ResourceImage, Since: V2_0},
	{Label: "ref.snapshot.", Suffix: Scoped, Meaning: Reference, Target: ResourceSnapshot},
	{Label: "root", Meaning: Root, Until: V2_1},
	{Label: "root", Suffix: Prefix, Meaning: Root, Since: V2_2},
}

// Of returns the rules of a version. The slice belongs to the caller.
func Of(v Version) []Rule {
	return slices.DeleteFunc(All(), func(r Rule) bool { return !r.Holds(v) })
}

// All returns the rules of all versions. The slice belongs to the caller.
func All() []Rule { return slices.Clone(labelRules) }

// OfCollector returns the rule for the reference label of a registered collector, which owns the target type.
func OfCollector(reference string, target gc.ResourceType) Rule {
	return Rule{Label: "ref." + reference, Suffix: Named, Meaning: Reference, Target: target}
}

// Holds reports whether a version has the rule.
func (r *Rule) Holds(v Version) bool { return r.Since <= v && (r.Until == 0 || v <= r.Until) }

// Match reports whether the rule applies to a label's key, given without [LabelPrefix]. It returns the snapshotter in
// the key for rules that are Scoped or ScopedLoose, and "" for others.
func (r *Rule) Match(key string) (snapshotter string, ok bool) {
	rest, ok := strings.CutPrefix(key, r.Label)
	if !ok {
		return "", false
	}
	switch r.Suffix {
	case Exact:
		return "", rest == ""
	case Named:
		return "", rest == "" || rest[0] == '.' || rest[0] == '/'
	case ScopedLoose:
		rest = strings.TrimLeft(rest, "./")
		fallthrough
	case Scoped:
		snapshotter, _, _ = strings.Cut(rest, "/")
		return snapshotter, true
	}
	return "", true
}

// NearMatch reports whether a key begins with the label of a Named rule, but continues with a wrong character. For
// example, "ref.contents" is a near match of "ref.content".
func (r *Rule) NearMatch(key string) bool {
	_, ok := r.Match(key)
	return !ok && r.Suffix == Named && strings.HasPrefix(key, r.Label)
}

// effects are the meanings that have an effect on each type, and the first version in which they do.
var effects = []struct {
	resource gc.ResourceType
	meanings Meaning
	since    Version
}{
	{resource: ResourceLease, meanings: Expiry | Flat},
	{resource: ResourceSnapshot, meanings: Reference | BackReference | Root | ConditionValue},
	{resource: ResourceContent, meanings: Reference | BackReference | Root | Condition},
	{resource: ResourceImage, meanings: Reference | BackReference | Condition},
	{resource: ResourceImage, meanings: Expiry, since: V2_0},
	{resource: ResourceContainer, meanings: Reference | BackReference},
	{resource: ResourceSandbox, meanings: Reference, since: V1_7},
}

// Obeyed returns the meanings that have an effect on objects of a type, whether the version has rules with these
// meanings or not.
func Obeyed(t gc.ResourceType, v Version) Meaning {
	var m Meaning
	for _, e := range effects {
		if e.resource == t && e.since <= v {
			m |= e.meanings
		}
	}
	return m
}

// obeyedSince returns the first version in which a meaning has an effect on objects of a type, or 0 if none has.
func obeyedSince(t gc.ResourceType, m Meaning) Version {
	for _, v := range Versions() {
		if Obeyed(t, v)&m != 0 {
			return v
		}
	}
	return 0
}

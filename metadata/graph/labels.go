package graph

import (
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// labels applies the version's rules to the labels of an object, as far as it obeys the meanings.
func (s *scan) labels(obeys rules.Meaning, o object) {
	for i := o.labels.Iterator(); i.Next(); {
		if strings.HasPrefix(i.Key(), rules.LabelPrefix) {
			s.label(obeys, o, i.Key(), i.Entry())
		}
	}
}

// label applies the rules to one label. Several rules can match, because a collector's label can have the prefix of
// another label. A bucket in place of the value counts as an empty value, except for rules with an exact key.
func (s *scan) label(obeys rules.Meaning, o object, label string, e memkv.Entry) {
	counted := false
	key, value := label[len(rules.LabelPrefix):], e.Text()
	for i := range s.rules {
		r := &s.rules[i]
		if key == "" || key[0] != r.Label[0] { // a quick test that excludes most rules
			continue
		}
		snapshotter, fits := r.Match(key)
		if !fits || r.Meaning&obeys == 0 || r.Suffix == rules.Exact && e.IsBucket() {
			continue
		}
		counted = true
		reason := gc.Reason{Rule: RuleLabel, Detail: label}
		switch r.Meaning {
		case rules.Reference:
			to := s.node(r.Target, snapshotter, value)
			s.refer(o.id, to, reason)
			if s.Explain && s.flat {
				s.Miss(s.Flat(o.id), s.Intern(to), gc.Reason{Rule: RuleFlat, Detail: label})
			}
		case rules.BackReference:
			s.referBack(s.node(r.Target, snapshotter, value), o.id, reason)
		case rules.Root:
			s.Root(o.id, reason)
		case rules.Condition:
			s.conditions(r, o, label, snapshotter, value)
		case rules.ConditionValue:
			if t, err := time.Parse(time.RFC3339, value); err == nil {
				if s.values == nil {
					s.values = map[gc.ID][]time.Time{}
				}
				s.values[o.id] = append(s.values[o.id], t)
			}
		}
	}
	if !counted && s.Explain {
		s.nearMiss(o, label, value)
	}
}

// everyRule has the rules of all versions.
var everyRule = rules.All()

// nearMisses records near misses for all labels of an object that collections do not visit.
func (s *scan) nearMisses(o object) {
	for label, e := range o.labels.All() {
		if strings.HasPrefix(label, rules.LabelPrefix) {
			s.nearMiss(o, label, e.Text())
		}
	}
}

// nearMiss records the effect that an ignored label would have in another version, on another kind of object, or with a
// correct key.
func (s *scan) nearMiss(o object, label, value string) {
	key := label[len(rules.LabelPrefix):]
	for i := range everyRule {
		r := &everyRule[i]
		snapshotter, fits := r.Match(key)
		if !fits && !r.NearMatch(key) {
			continue
		}
		reason := gc.Reason{Rule: RuleIgnored, Detail: label}
		switch r.Meaning {
		case rules.Reference:
			s.Miss(o.id, s.intern(r.Target, snapshotter, value), reason)
		case rules.BackReference:
			s.Miss(s.intern(r.Target, snapshotter, value), o.id, reason)
		case rules.Condition:
			if _, target, ok := strings.Cut(value, "|"); ok {
				s.Miss(o.id, s.intern(r.Target, snapshotter, target), reason)
			}
		case rules.Root:
			s.MissRoot(o.id, reason)
		}
	}
}

// A condition is one condition of a conditional label. If it is satisfied, from keeps to.
type condition struct {
	from, to gc.ID
	label    string
	rules.AgeTerm
}

// conditions records the conditions of one label. Its target is a snapshot.
func (s *scan) conditions(r *rules.Rule, o object, label, snapshotter, value string) {
	terms, key, ok := rules.ParseConditions(value)
	if !ok {
		return
	}
	to := s.intern(r.Target, snapshotter, key)
	for _, t := range terms {
		s.pending = append(s.pending, condition{o.id, to, label, t})
	}
	if len(terms) == 0 {
		s.Miss(o.id, to, gc.Reason{Rule: RuleIgnored, Detail: label})
	}
}

// condition evaluates a condition, and adds the result to b. All values must be known. A deletion of the target deletes
// its values too, so the edge is joint.
func (s *scan) condition(b *gc.Builder, c condition) {
	for _, used := range s.values[c.to] {
		if c.Met(s.Now.Sub(used)) {
			b.JointEdge(c.from, c.to, gc.Reason{Rule: RuleCondition, Detail: c.label})
			return
		}
	}
	b.Miss(c.from, c.to, gc.Reason{Rule: RuleUnmet, Detail: c.label})
}

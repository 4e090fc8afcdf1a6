package metadata

import (
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// labels returns which meanings labels have on objects of the kind.
func (k *kind) labels(v Version) meaning {
	if k.obeysSince > v {
		return 0
	}
	return k.obeys
}

// labels applies the version's rules to the labels of an object that obeys some meanings.
func (s *scan) labels(obeys meaning, o object) {
	for i := o.labels.Iterator(); i.Next(); {
		if strings.HasPrefix(i.Key(), labelPrefix) {
			s.label(obeys, o, i.Key(), i.Entry())
		}
	}
}

// label applies the rules to one label. More than one may fit: a collector's label can begin as another does. A bucket
// in place of a value counts as an empty one, except to a rule that asks for its exact key.
func (s *scan) label(obeys meaning, o object, label string, e memkv.Entry) {
	counted := false
	key, value := label[len(labelPrefix):], stringOf(e.Value())
	for i := range s.rules {
		r := &s.rules[i]
		if key == "" || key[0] != r.label[0] { // which rules out most
			continue
		}
		snapshotter, fits := r.fits(key)
		if !fits || r.meaning&obeys == 0 || r.suffix == exact && e.IsBucket() {
			continue
		}
		counted = true
		reason := gc.Reason{Rule: RuleLabel, Detail: label}
		switch r.meaning {
		case refers:
			to := s.node(r.target, snapshotter, value)
			s.refer(o.id, to, reason)
			if s.Explain && s.flat {
				s.Miss(s.Flat(o.id), s.Intern(to), gc.Reason{Rule: RuleFlat, Detail: label})
			}
		case referred:
			s.referBack(s.node(r.target, snapshotter, value), o.id, reason)
		case rooted:
			s.Root(o.id, reason)
		case conditional:
			s.conditions(r, o, label, snapshotter, value)
		case conditionValue:
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

// nearMisses records what the labels of an object would do if collections looked at it.
func (s *scan) nearMisses(o object) {
	for label, e := range o.labels.All() {
		if strings.HasPrefix(label, labelPrefix) {
			s.nearMiss(o, label, stringOf(e.Value()))
		}
	}
}

// nearMiss records what a label that does not count would do if it did: if the version were another, the object
// of another kind, or the key spelled as the rule wants it.
func (s *scan) nearMiss(o object, label, value string) {
	for i := range labelRules {
		r := &labelRules[i]
		key := label[len(labelPrefix):]
		snapshotter, fits := r.fits(key)
		if !fits && (r.suffix != named || !strings.HasPrefix(key, r.label)) {
			continue
		}
		reason := gc.Reason{Rule: RuleIgnored, Detail: label}
		switch r.meaning {
		case refers:
			s.Miss(o.id, s.intern(r.target, snapshotter, value), reason)
		case referred:
			s.Miss(s.intern(r.target, snapshotter, value), o.id, reason)
		case conditional:
			if _, target, ok := strings.Cut(value, "|"); ok {
				s.Miss(o.id, s.intern(r.target, snapshotter, target), reason)
			}
		case rooted:
			s.MissRoot(o.id, reason)
		}
	}
}

package policy

import (
	"slices"
	"strings"
	"time"
)

// Buildkit is how buildkitd and dockerd prune their build cache: rules in order,
// each until it finds nothing more to remove. It acts on build records.
type Buildkit struct {
	rules    []Rule
	defaults string // "" if rules are
}

// NewBuildkit returns a pruner by rules of one's own, which replace the defaults
// altogether. It keeps a copy. Error: ErrInvalidArgument for no rules, a filter that
// does not parse, a negative amount or duration.
func NewBuildkit(rules ...Rule) (*Buildkit, error) {
	if len(rules) == 0 {
		return nil, invalid("policy %q: no rules", "buildkit")
	}
	for i, r := range rules {
		if _, err := r.compile(0); err != nil {
			return nil, invalid("policy %q: rule %d: %v", "buildkit", i+1, err)
		}
		if r.KeepDuration < 0 || r.ReservedSpace.Bytes < 0 || r.MaxUsedSpace.Bytes < 0 || r.MinFreeSpace.Bytes < 0 {
			return nil, invalid("policy %q: rule %d: negative: %s", "buildkit", i+1, printParams(ruleParams, r))
		}
	}
	return &Buildkit{rules: slices.Clone(rules)}, nil
}

// NewBuildkitDefaults returns a pruner by the rules that a builder comes with. See
// [DefaultRules].
func NewBuildkitDefaults(name string) (*Buildkit, error) {
	if _, err := DefaultRules(name, 0); err != nil {
		return nil, err
	}
	return &Buildkit{defaults: name}, nil
}

// Rhythm is a second after the start and after each build, a minute apart. See
// [Policy].
func (b *Buildkit) Rhythm() Rhythm {
	return Rhythm{Start: time.Second, AfterBuild: time.Second, Pause: time.Minute}
}

// Clone implements [Policy].
func (b *Buildkit) Clone() Policy {
	c := *b
	return &c
}

// Name implements [Policy].
func (b *Buildkit) Name() string { return "buildkit" }

// String implements [Policy].
func (b *Buildkit) String() string {
	if b.defaults != "" {
		return "buildkit:defaults=" + b.defaults
	}
	var rules []string
	for _, r := range b.rules {
		rules = append(rules, printParams(ruleParams, r))
	}
	return "buildkit:" + strings.Join(rules, ";")
}

// Rules are those for a disk of a capacity in bytes.
func (b *Buildkit) Rules(capacity int64) []Rule {
	if b.defaults == "" {
		return slices.Clone(b.rules)
	}
	rules, err := DefaultRules(b.defaults, capacity)
	if err != nil {
		panic(err) // the name was checked when b was made
	}
	return rules
}

// Release prunes by each rule in turn. Error: the first of Remove, which ends it.
func (b *Buildkit) Release(now time.Time, node Node) error {
	capacity, _ := node.Disk()
	for _, r := range b.Rules(capacity) {
		rule, err := r.compile(capacity)
		if err != nil {
			return err
		}
		if err := prune(now, node, rule); err != nil {
			return err
		}
	}
	return nil
}

// batch is how many records buildkit removes in one go when there is no cap.
const batch = 10

// prune removes by one rule. What the cache holds and what the disk has free are
// read once, before.
func prune(now time.Time, node Node, rule compiled) error {
	cache := newCache(ofKind(node, Build), func(c Candidate) bool { return rule.takes(c, now) })
	total := cache.total()
	_, free := node.Disk()
	kept := keep(total, free, rule.reserved, rule.most, rule.minFree)
	for kept == 0 || total >= kept {
		var going []int
		if kept == 0 {
			going = cache.some(batch)
		} else {
			going = cache.lowest()
		}
		if len(going) == 0 {
			return nil
		}
		for _, at := range going {
			if err := node.Remove(cache.records[at].ID); err != nil {
				return err
			}
			total -= cache.records[at].Size
			cache.drop(at)
		}
	}
	return nil
}

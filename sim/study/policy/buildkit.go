package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// Buildkit prunes a build cache as buildkitd and dockerd do: it applies rules in order, each until it finds no more
// records to remove. It acts on build records.
//
// Invariant: either rules is not empty, or defaults is a name that [DefaultRules] knows.
type Buildkit struct {
	rules    []Rule
	defaults string
}

// NewBuildkit returns a policy with custom rules, which replace the defaults. It keeps a copy. Error:
// ErrInvalidArgument for no rules, a filter that does not parse, a negative amount or duration.
func NewBuildkit(rules ...Rule) (*Buildkit, error) {
	if len(rules) == 0 {
		return nil, invalid("buildkit", "", "no rules")
	}
	for i, r := range rules {
		if _, err := r.compile(0); err != nil {
			return nil, invalid("buildkit", "", "rule %d: %v", i+1, err)
		}
		if r.KeepDuration < 0 || r.ReservedSpace.Bytes < 0 || r.MaxUsedSpace.Bytes < 0 || r.MinFreeSpace.Bytes < 0 {
			return nil, invalid("buildkit", "", "rule %d: negative: %s", i+1, spec.Print(ruleParams, r))
		}
	}
	return &Buildkit{rules: slices.Clone(rules)}, nil
}

// NewBuildkitDefaults returns a policy with the default rules of a builder. See [DefaultRules].
func NewBuildkitDefaults(name string) (*Buildkit, error) {
	if _, err := DefaultRules(name, 0); err != nil {
		return nil, err
	}
	return &Buildkit{defaults: name}, nil
}

// Rhythm is a second after the start and after each build, at least a minute apart.
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
		rules = append(rules, spec.Print(ruleParams, r))
	}
	return "buildkit:" + strings.Join(rules, ";")
}

// Rules returns the rules for a disk with a capacity in bytes. The caller owns the slice.
func (b *Buildkit) Rules(capacity int64) []Rule {
	if b.defaults == "" {
		return slices.Clone(b.rules)
	}
	rules, err := DefaultRules(b.defaults, capacity)
	if err != nil {
		panic(err) // NewBuildkitDefaults checked the name
	}
	return rules
}

// Release applies each rule in turn. It stops at the first error of Remove and returns it.
func (b *Buildkit) Release(now time.Time, node Node) error {
	capacity, _ := node.Disk()
	records := ofKind(node, Build)
	for _, r := range b.Rules(capacity) {
		rule, err := r.compile(capacity)
		if err != nil {
			return err
		}
		removed, err := prune(now, node, records, rule)
		if err != nil {
			return err
		}
		if removed {
			records = ofKind(node, Build)
		}
	}
	return nil
}

// batch is the number of records that buildkit removes at once without a cap.
const batch = 10

// prune applies one rule to the build records of a node, and reports whether it removed any. It reads the size of the
// cache and the free space once, at the start.
func prune(now time.Time, node Node, records []Candidate, rule compiledRule) (removed bool, err error) {
	total := sizeOf(records)
	_, free := node.Disk()
	kept := keep(total, free, rule.reserved, rule.most, rule.minFree)
	if kept != 0 && total < kept {
		return false, nil // most calls end here, before the records are sorted
	}
	cache := newCache(records, func(c Candidate) bool { return rule.selects(c, now) })
	for kept == 0 || total >= kept {
		var going []int
		if kept == 0 {
			going = cache.some(batch)
		} else {
			going = cache.lowest()
		}
		if len(going) == 0 {
			return removed, nil
		}
		for _, at := range going {
			if err := node.Remove(cache.records[at].ID); err != nil {
				return removed, err
			}
			removed = true
			total -= cache.records[at].Size
			cache.drop(at)
		}
	}
	return removed, nil
}

package policy

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// Buildkit prunes a build cache as buildkitd and dockerd do: it applies rules in order, each until it finds no more
// records to remove. It acts on build records. It is compared with the cache manager of BuildKit v0.34.2.
//
// BuildKit counts as uses two things that no build does. Buildkit remembers them:
//
//   - A rule with a limit measures the cache, and BuildKit measures an uncommitted record by committing it. A cache
//     mount that was used since the last measurement gets one more use, now.
//   - The removal of a record with UsesParents is a use of each parent that has no other such child. So after a restart
//     of the builder, KeepDuration keeps the parents of removed records for another period.
//
// Invariant: either rules is not empty, or defaults is a name that [DefaultRules] knows.
type Buildkit struct {
	rules    []Rule
	defaults string

	uses   map[string]ownUse // by ID
	failed map[string]bool   // failed removals: BuildKit tries again only after a restart

	compiled []compiledRule // the rules for a disk with this capacity; nil before the first Release
	capacity int64

	// Memory for Release:
	list  []Candidate
	cache cache
}

// An ownUse is a use of a record by BuildKit itself.
type ownUse struct {
	at       time.Time
	times    int       // number of such uses up to this one
	lastUsed time.Time // before it, by the node
	uses     int       // likewise
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
	return newBuildkit(slices.Clone(rules), ""), nil
}

// NewBuildkitDefaults returns a policy with the default rules of a builder. See [DefaultRules].
func NewBuildkitDefaults(name string) (*Buildkit, error) {
	if _, err := DefaultRules(name, 0); err != nil {
		return nil, err
	}
	return newBuildkit(nil, name), nil
}

func newBuildkit(rules []Rule, defaults string) *Buildkit {
	return &Buildkit{rules: rules, defaults: defaults, uses: map[string]ownUse{}, failed: map[string]bool{}}
}

// Rhythm is a second after the start and after each build, at least a minute apart.
func (b *Buildkit) Rhythm() Rhythm {
	return Rhythm{Start: time.Second, AfterBuild: time.Second, Pause: time.Minute}
}

// Clone implements [Policy].
func (b *Buildkit) Clone() Policy {
	c := *b
	c.uses, c.failed, c.list, c.cache = maps.Clone(b.uses), maps.Clone(b.failed), nil, cache{}
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

// Release applies each rule in turn. It reads the free space at the start of each. After a failed removal, Release
// removes the rest of the batch and ends. Later calls skip that record. Errors: those of Remove, joined.
func (b *Buildkit) Release(now time.Time, node Node) error {
	capacity, _ := node.Disk()
	rules, err := b.compile(capacity)
	if err != nil {
		return err
	}
	records := b.records(node)
	b.forget(records)
	for i := range rules {
		removed, err := b.prune(now, node, records, &rules[i])
		if err != nil {
			return err
		}
		if removed {
			records = b.records(node)
		}
	}
	return nil
}

// compile returns the rules for a disk with a capacity in bytes.
func (b *Buildkit) compile(capacity int64) ([]compiledRule, error) {
	if b.compiled != nil && b.capacity == capacity {
		return b.compiled, nil
	}
	var list []compiledRule
	for _, r := range b.Rules(capacity) {
		rule, err := r.compile(capacity)
		if err != nil {
			return nil, err
		}
		list = append(list, rule)
	}
	b.compiled, b.capacity = list, capacity
	return list, nil
}

// records returns the records of a node as BuildKit sees them, by ID: without the inactive half of each pair, and with
// BuildKit's own uses. After a failed removal a record has no size, but still holds its parents.
func (b *Buildkit) records(node Node) []Candidate {
	b.list = reuse(b.list, node, Build)
	list := slices.DeleteFunc(b.list, func(c Candidate) bool { return c.Inactive })
	for id := range b.failed {
		if at, found := find(list, id); found {
			list[at].InUse, list[at].Size = true, 0
		}
	}
	for id, own := range b.uses {
		at, found := find(list, id)
		if !found {
			continue
		}
		c := &list[at]
		if own.uses == c.Uses && own.lastUsed.Equal(c.LastUsed) {
			c.LastUsed, c.Uncommitted = own.at, false
		}
		c.Uses += own.times
	}
	return list
}

// use counts a use by BuildKit itself.
func (b *Buildkit) use(c *Candidate, now time.Time) {
	own := b.uses[c.ID]
	if own.times == 0 || !c.LastUsed.Equal(own.at) {
		own.lastUsed, own.uses = c.LastUsed, c.Uses-own.times
	}
	own.at, own.times = now, own.times+1
	b.uses[c.ID] = own
	c.LastUsed, c.Uses, c.Uncommitted = now, c.Uses+1, false
}

// measure measures the uncommitted records.
func (b *Buildkit) measure(now time.Time, records []Candidate) {
	for i := range records {
		if c := &records[i]; c.Uncommitted && !c.InUse {
			b.use(c, now)
		}
	}
}

// forget drops the memory of records that are gone.
func (b *Buildkit) forget(records []Candidate) {
	gone := func(id string) bool {
		_, found := find(records, id)
		return !found
	}
	maps.DeleteFunc(b.uses, func(id string, _ ownUse) bool { return gone(id) })
	maps.DeleteFunc(b.failed, func(id string, _ bool) bool { return gone(id) })
}

// batch is the number of records that buildkit removes at once without a cap.
const batch = 10

// prune applies one rule to the build records of a node, and reports whether it removed any. It reads the size of the
// cache and the free space once, at the start.
func (b *Buildkit) prune(now time.Time, node Node, records []Candidate, rule *compiledRule) (removed bool, err error) {
	if rule.limited() {
		b.measure(now, records)
	}
	total := sizeOf(records)
	_, free := node.Disk()
	kept := keep(total, free, rule.reserved, rule.most, rule.minFree)
	if kept != 0 && total < kept {
		return false, nil // most calls end here, before the records are sorted
	}
	cache := &b.cache
	if !cache.reset(records, func(c *Candidate) bool { return rule.selects(c, now) }) {
		return false, nil
	}
	for kept == 0 || total >= kept {
		var going []int
		if kept == 0 {
			going = cache.some(batch)
		} else {
			going = cache.lowest()
		}
		if len(going) == 0 {
			break
		}
		var failed []error
		for _, at := range going {
			id := cache.records[at].ID
			if err := node.Remove(id); err != nil {
				failed = append(failed, err)
				b.failed[id] = true
				continue
			}
			removed = true
			total -= cache.records[at].Size
			for _, parent := range cache.drop(at) {
				b.use(&cache.records[parent], now)
				cache.update(parent)
			}
		}
		if failed != nil {
			return removed, errors.Join(failed...)
		}
	}
	return removed, nil
}

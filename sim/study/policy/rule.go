package policy

import (
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Rule is one step of buildkit's prune: a selection of records, and the size down to which the step removes them. The
// zero Rule removes every record except buildkit's own records and those shared with images.
type Rule struct {
	// Filter is a list of containerd filters, of which one must match. A comma within a filter means "and". An empty
	// list matches all records. The fields are id, type, description, mutable, immutable, shared and private.
	Filter []string

	// All selects also records of the types internal and frontend, and records shared with an image.
	All bool

	// KeepDuration keeps records used within this time; 0 keeps none.
	KeepDuration time.Duration

	// ReservedSpace is the size that a cache may always have. If it is the only limit, it is the cap.
	ReservedSpace Amount

	// MaxUsedSpace is the largest size of the whole cache, including records that the rule does not select.
	MaxUsedSpace Amount

	// MinFreeSpace is the free space to leave on the disk. ReservedSpace has priority.
	MinFreeSpace Amount
}

var ruleParams = []spec.Param[Rule]{
	{Key: "filter", Doc: "records to select: containerd filters, | for or, & for and", Value: func(r *Rule) spec.Value { return spec.Alternatives(&r.Filter) }},
	{Key: "all", Doc: "select also internal, frontend and shared records", Value: func(r *Rule) spec.Value { return spec.Bool(&r.All) }},
	{Key: "keep", Doc: "keep records used within this time", Value: func(r *Rule) spec.Value { return spec.Duration(&r.KeepDuration, 0) }},
	{Key: "reserved", Old: []string{"keepstorage", "keepbytes", "gckeepstorage"}, Doc: "size that the cache may always have; a cap if it is the only limit", Value: func(r *Rule) spec.Value { return spec.Space(&r.ReservedSpace, Amount{}) }},
	{Key: "max", Doc: "largest size of the whole cache", Value: func(r *Rule) spec.Value { return spec.Space(&r.MaxUsedSpace, Amount{}) }},
	{Key: "minfree", Doc: "free space to leave on the disk", Value: func(r *Rule) spec.Value { return spec.Space(&r.MinFreeSpace, Amount{}) }},
}

// A compiledRule has a parsed filter, and sizes in bytes for one disk.
type compiledRule struct {
	match                   filters.Filter // nil: every record
	all                     bool
	keepDuration            time.Duration
	reserved, most, minFree int64
}

func (r Rule) compile(capacity int64) (compiledRule, error) {
	compiled := compiledRule{
		all:          r.All,
		keepDuration: r.KeepDuration,
		reserved:     SpaceOf(r.ReservedSpace, capacity),
		most:         SpaceOf(r.MaxUsedSpace, capacity),
		minFree:      SpaceOf(r.MinFreeSpace, capacity),
	}
	if len(r.Filter) > 0 {
		var err error
		if compiled.match, err = filters.ParseAll(r.Filter...); err != nil {
			return compiledRule{}, fmt.Errorf("filter %q: %w", r.Filter, err)
		}
	}
	return compiled, nil
}

// limited reports whether the rule has a limit. Without one it removes every record that it selects.
func (r compiledRule) limited() bool { return r.reserved != 0 || r.most != 0 || r.minFree != 0 }

// selects reports whether the rule selects a record that is not in use. A record that was never used has the zero time
// as its last use, so no KeepDuration keeps it.
func (r *compiledRule) selects(c *Candidate, now time.Time) bool {
	own := c.Type == Internal || c.Type == Frontend || c.Shared
	switch {
	case own && !r.all,
		r.keepDuration != 0 && c.LastUsed.After(now.Add(-r.keepDuration)):
		return false
	}
	return r.match == nil || r.match.Match(filters.AdapterFunc(func(path []string) (string, bool) { return field(c, path) }))
}

// field returns a field of a record for containerd filters.
func field(c *Candidate, path []string) (value string, present bool) {
	if len(path) == 0 {
		return "", false
	}
	switch path[0] {
	case "id":
		return c.ID, c.ID != ""
	case "type":
		if c.Type == "" {
			return string(Regular), true
		}
		return string(c.Type), true
	case "description":
		return c.Description, c.Description != ""
	case "mutable":
		return "", c.Mutable
	case "immutable":
		return "", !c.Mutable
	case "shared":
		return "", c.Shared
	case "private":
		return "", !c.Shared
	}
	return "", false
}

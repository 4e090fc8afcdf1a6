package policy

import (
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
)

// A Rule is one step of buildkit's prune: which records it is for, and down to
// what they are removed. The zero Rule removes every record but those of
// buildkit's own and those shared with images.
type Rule struct {
	// Filter are containerd filters, of which one must match: commas within one
	// mean "and". None matches all. A filter sees id, type, description, mutable,
	// immutable, shared and private.
	Filter []string

	// All is for the types internal and frontend, and for what is shared with an
	// image, too.
	All bool

	// KeepDuration spares what was used since; 0 spares nothing.
	KeepDuration time.Duration

	// ReservedSpace is what a cache may always hold. Alone it is a cap.
	ReservedSpace Amount

	// MaxUsedSpace is what the whole cache, not what the rule is for, may hold.
	MaxUsedSpace Amount

	// MinFreeSpace is what should be free on the disk, as far as ReservedSpace
	// lets it.
	MinFreeSpace Amount
}

var ruleParams = []param[Rule]{
	{"filter", "the records it is for: containerd filters, | for or, & for and", func(r *Rule) any { return &r.Filter }},
	{"all", "also internal, frontend and shared records", func(r *Rule) any { return &r.All }},
	{"keep", "time since its last use that spares a record", func(r *Rule) any { return &r.KeepDuration }},
	{"reserved", "what the cache may always hold; alone it is a cap", func(r *Rule) any { return &r.ReservedSpace }},
	{"max", "what the whole cache may hold", func(r *Rule) any { return &r.MaxUsedSpace }},
	{"minfree", "what should be free on the disk", func(r *Rule) any { return &r.MinFreeSpace }},
}

// deprecated are the older names of a rule's keys.
var deprecated = map[string]string{"keepstorage": "reserved", "keepbytes": "reserved", "gckeepstorage": "reserved"}

// A compiled rule knows its filter and the disk.
type compiled struct {
	match                   filters.Filter
	all                     bool
	keepDuration            time.Duration
	reserved, most, minFree int64
}

func (r Rule) compile(capacity int64) (compiled, error) {
	match, err := filters.ParseAll(r.Filter...)
	if err != nil {
		return compiled{}, invalid("filter %q: %v", r.Filter, err)
	}
	return compiled{
		match:        match,
		all:          r.All,
		keepDuration: r.KeepDuration,
		reserved:     r.ReservedSpace.Of(capacity),
		most:         r.MaxUsedSpace.Of(capacity),
		minFree:      r.MinFreeSpace.Of(capacity),
	}, nil
}

// takes reports whether the rule is for a record, if nothing holds it. One never used
// was last used at the zero time, which no duration spares.
func (r compiled) takes(c Candidate, now time.Time) bool {
	own := c.Type == Internal || c.Type == Frontend || c.Shared
	switch {
	case c.Inactive,
		own && !r.all,
		r.keepDuration != 0 && c.LastUsed.After(now.Add(-r.keepDuration)):
		return false
	}
	return r.match.Match(filters.AdapterFunc(func(path []string) (string, bool) { return field(c, path) }))
}

// field is a record as filters see it.
func field(c Candidate, path []string) (value string, present bool) {
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

package compare

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// A Study configures a comparison: the load, the policies and the duration. Zero fields have defaults.
type Study struct {
	// Profile is the name of a built-in profile of load; "" is "k8s-node".
	Profile string `json:"profile,omitempty"`

	// ProfileText is a profile in the format of package profile, instead.
	ProfileText string `json:"profile_text,omitempty"`

	// Load is a recorded load, instead of a profile. There is only one node then.
	Load *Load `json:"-"`

	// From is the initial state of every node; nil for empty nodes. Each node gets a fork, and the profile's load.
	From *engine.Engine `json:"-"`

	// FromName is the name of From, for the report.
	FromName string `json:"-"`

	// Fleet are the initial states of several nodes, instead of From: node i starts with state i modulo their number.
	Fleet []Origin `json:"-"`

	// Policies are the combinations to compare; an empty list is [DefaultPolicies].
	Policies []Combination `json:"policies,omitempty"`

	Days  float64 `json:"days,omitempty"`  // to simulate, of each node; 0 is 30, or all of Load
	Disk  int64   `json:"disk,omitempty"`  // bytes of the file system; 0 is the profile's
	Other *int64  `json:"other,omitempty"` // bytes of other data on it; nil is the profile's
	Seed  uint64  `json:"seed,omitempty"`  // of the first node
	Seeds int     `json:"seeds,omitempty"` // number of nodes, each with a load of its own; see DefaultSeeds

	// Faults happen on every node. Zero is none.
	Faults Faults `json:"faults,omitzero"`

	// FixedDisk ends the study without trying larger disks if requests failed under every policy.
	FixedDisk bool `json:"fixed_disk,omitempty"`

	// NoClairvoyant leaves out the policy that knows the future. Otherwise the study adds it, unless Policies has it.
	NoClairvoyant bool `json:"no_clairvoyant,omitempty"`
}

// Defaults and limits of a study.
const (
	DefaultProfile = "k8s-node"
	DefaultDays    = 30
	DefaultSeeds   = 10 // with a fleet, the least multiple of its size that is not below this

	daysMax     = 3660
	seedsMax    = 10_000
	policiesMax = 1000
)

// ClairvoyantSpec is the policy that is added as a reference: it knows the future and leaves no garbage.
const ClairvoyantSpec = "after-deletion+clairvoyant"

// plan is a validated study. Invariants: 0 < Days, 1 <= Seeds, 0 <= other < Disk; either profile or Load is nil; there
// is an origin, and at most one for each node.
type plan struct {
	Study
	profile  *profile.Profile // nil: Load
	policies []*parsedCombination
	origins  []origin
	other    int64
	every    time.Duration // from one point of the series to the next
	loads    *loadCache    // of profile; Disk has no influence
}

// study returns the validated study with its defaults. Error: ErrInvalidArgument.
func (s Study) study() (*plan, error) {
	p := &plan{Study: s, loads: &loadCache{}}
	if err := p.load(); err != nil {
		return nil, err
	}
	switch {
	case !(p.Days > 0) || p.Days > daysMax:
		return nil, invalid("%v days: must be above 0 and at most %d", p.Days, daysMax)
	case p.Seeds < 1 || p.Seeds > seedsMax:
		return nil, invalid("%d seeds: must be from 1 to %d", p.Seeds, seedsMax)
	case len(p.origins) > p.Seeds:
		return nil, invalid("%d seeds: fewer than the %d databases, each of which is a node", p.Seeds, len(p.origins))
	case p.other < 0 || p.Disk <= p.other:
		return nil, invalid("a disk of %d bytes with %d bytes of other data: there is no free space", p.Disk, p.other)
	}
	if err := p.Faults.check(); err != nil {
		return nil, err
	}
	p.every = series(p.Days)
	return p, p.combine()
}

// load fills in the source of the load and the defaults that depend on it.
func (p *plan) load() (err error) {
	switch {
	case p.Load != nil && (p.Profile != "" || p.ProfileText != "" || p.From != nil || len(p.Fleet) > 0):
		return invalid("a recorded load cannot be combined with a profile or a database")
	case p.ProfileText != "" && p.Profile != "":
		return invalid("a built-in profile cannot be combined with the text of a profile")
	case p.Load != nil:
		if p.Load.End.Sub(p.Load.Start) <= 0 {
			return invalid("load %q: takes no time", p.Load.Info.Name)
		}
		p.origins = []origin{{start: p.Load.Start}}
		p.Seeds = 1
		if p.Days == 0 {
			p.Days = p.Load.End.Sub(p.Load.Start).Hours() / 24
		}
		if p.Disk == 0 {
			p.Disk = defaultDisk
		}
		if p.Other != nil {
			p.other = *p.Other
		}
		return nil
	case p.ProfileText != "":
		p.profile, err = profile.Parse("profile", []byte(p.ProfileText))
	default:
		if p.Profile == "" {
			p.Profile = DefaultProfile
		}
		p.profile, err = profile.Load(p.Profile)
	}
	if err != nil {
		return err
	}
	if p.origins, err = p.readOrigins(); err != nil {
		return err
	}
	if p.Days == 0 {
		p.Days = DefaultDays
	}
	if n := len(p.origins); p.Seeds == 0 {
		p.Seeds = (DefaultSeeds + n - 1) / n * n
	}
	if p.Disk == 0 {
		p.Disk = int64(p.profile.Node.Disk.Median())
	}
	if p.other = int64(p.profile.Node.Other.Median()); p.Other != nil {
		p.other = *p.Other
	}
	return nil
}

// defaultDisk is the disk of a node with a recorded load: GKE's default, as in the profile k8s-node.
const defaultDisk = 100e9

// combine parses the policies and adds the one that knows the future.
func (p *plan) combine() error {
	list := p.Policies
	if len(list) == 0 {
		list = DefaultPolicies(p.profile)
	}
	if len(list) > policiesMax {
		return invalid("%d policies: at most %d", len(list), policiesMax)
	}
	have := p.NoClairvoyant
	for i, c := range list {
		parsed, err := c.parse()
		if err != nil {
			return err
		}
		for before, other := range p.policies {
			if c.Own == nil && other.Own == nil && parsed.spec() == other.spec() {
				return invalid("policies %d and %d are the same: %s", before+1, i+1, parsed.spec())
			}
		}
		have = have || parsed.clairvoyant
		p.policies = append(p.policies, parsed)
	}
	if !have {
		c, err := ParseCombination(ClairvoyantSpec)
		parsed, failed := c.parse()
		if err := errors.Join(err, failed); err != nil {
			return err
		}
		p.policies = append(p.policies, parsed)
	}
	names := map[string]int{}
	for _, c := range p.policies {
		if names[c.Name]++; names[c.Name] > 1 {
			c.Name = fmt.Sprintf("%s (%d)", c.Name, names[c.Name])
		}
	}
	return nil
}

// DefaultPolicies returns the combinations that a study compares by default on a load: the default settings of a node,
// and alternatives. P is nil for a load without a profile.
func DefaultPolicies(p *profile.Profile) (list []Combination) {
	specs := []string{"none", "kubelet", "kubelet:high=70,low=60", "kubelet:maxage=7d", "lru"}
	switch {
	case p != nil && p.Builds != nil && p.Containers.Running.Median() > 0:
		specs = []string{"none", "buildkit", "buildkit:defaults=dockerd", "buildkit:all=true,reserved=10GB,max=50%", "lru"}
	case p != nil && p.Builds != nil:
		specs = []string{"none", "ttl:after=7d", "kubelet+buildkit", "kubelet+buildkit:defaults=dockerd", "lru"}
	}
	for _, spec := range specs {
		c, err := ParseCombination(spec)
		if err != nil {
			panic(err) // a constant of this package
		}
		list = append(list, c)
	}
	return list
}

// points is the approximate number of points of a series.
const points = 240

// series returns the time between two points of a series: the shortest round time with at most about that many points.
func series(days float64) time.Duration {
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		if days*24*float64(time.Hour)/float64(every) <= points {
			return every
		}
	}
	return time.Duration(math.Ceil(days/points)) * 24 * time.Hour
}

package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A Combination is when to collect and what to let go of.
type Combination struct {
	// Name is for legends; "" has one made of what is not default.
	Name string `json:"name,omitempty"`

	// Collect is a specification of gc/schedule; "" is "containerd".
	Collect string `json:"collect,omitempty"`

	// Release are specifications of sim/study/policy, each asked in turn; none is "none".
	Release []string `json:"release,omitempty"`

	// Own is a policy of one's own, which comes in addition: each node gets a clone.
	Own policy.Policy `json:"-"`
}

// Defaults are what a combination need not say: containerd's scheduler as it comes, and to let go of nothing.
const (
	DefaultCollect = "containerd"
	DefaultRelease = "none"
)

// ParseCombination reads one specification: parts joined by "+", at most one of gc/schedule and any number of sim/study/policy.
// A part left out is the default.
//
//	containerd:pause=0.02,mutations=100+kubelet:high=85,low=80
//	interval:1h+lru:high=90
//	kubelet+buildkit:defaults=dockerd
//
// Error: ErrInvalidArgument, which names the part and says what is known instead.
func ParseCombination(spec string) (Combination, error) {
	var c Combination
	for part := range strings.SplitSeq(strings.TrimSpace(spec), "+") {
		part = strings.TrimSpace(part)
		name, _, _ := strings.Cut(part, ":")
		switch {
		case slices.Contains(scheduleNames(), name) && c.Collect != "":
			return c, invalid("policy %q: says twice when to collect: %s and %s", spec, c.Collect, part)
		case slices.Contains(scheduleNames(), name):
			c.Collect = part
		case slices.Contains(policyNames(), name):
			c.Release = append(c.Release, part)
		default:
			return c, invalid("policy %q: unknown; known are, of when to collect, %s, and of what to let go of, %s",
				part, strings.Join(scheduleNames(), ", "), strings.Join(policyNames(), ", "))
		}
	}
	_, err := c.parse()
	return c, err
}

// ParseCombinations reads one specification a line; empty lines, and what follows a #, don't count.
func ParseCombinations(text string) (list []Combination, err error) {
	line := 0
	for spec := range strings.Lines(text) {
		line++
		spec, _, _ = strings.Cut(spec, "#")
		if spec = strings.TrimSpace(spec); spec == "" {
			continue
		}
		c, err := ParseCombination(spec)
		if err != nil {
			return nil, lineError(line, err)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, invalid("no policies in it")
	}
	return list, nil
}

func scheduleNames() (names []string) {
	for _, k := range schedule.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

func policyNames() (names []string) {
	for _, k := range policy.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// A combined is a combination that was understood.
type combined struct {
	Combination
	collect schedule.Spec
	release []policy.Policy // to be cloned; nil where a future is needed
	bound   bool
}

func (c Combination) parse() (*combined, error) {
	p := &combined{Combination: c}
	var err error
	if c.Collect == "" {
		c.Collect = DefaultCollect
	}
	if p.collect, err = schedule.Parse(c.Collect); err != nil {
		return nil, err
	}
	if len(c.Release) == 0 && c.Own == nil {
		p.Release = []string{DefaultRelease}
	}
	for _, spec := range p.Release {
		r, err := policy.Parse(spec, policy.Uses{})
		if err != nil {
			return nil, err
		}
		p.release = append(p.release, r)
		p.bound = p.bound || r.Name() == "clairvoyant"
	}
	if c.Own != nil {
		p.release = append(p.release, c.Own)
	}
	for _, r := range p.release {
		if every := r.Rhythm().Every; every != 0 && every < time.Second {
			return nil, invalid("policy %q: looks every %s: must be a second or more", r.Name(), every)
		}
	}
	if p.Name == "" {
		p.Name = p.legend()
	}
	return p, nil
}

// start makes a node under these policies.
func (p *combined) start(o NodeOptions, load *Load) (*Node, error) {
	var future *foresight
	for _, r := range p.release {
		if r.Name() == "clairvoyant" {
			future = newForesight(load)
			var err error
			if r, err = policy.Parse(r.String(), future); err != nil {
				return nil, err
			}
		}
		o.Release = append(o.Release, r.Clone())
	}
	o.Schedule = p.collect.Start(o.Engine.Clock().Now(), o.Disk)
	n, err := NewNode(o)
	if future != nil {
		future.node = n
	}
	return n, err
}

func (p *combined) releases() string {
	var list []string
	for _, r := range p.release {
		list = append(list, r.String())
	}
	return strings.Join(list, "+")
}

func (p *combined) spec() string { return p.collect.String() + "+" + p.releases() }

// legend is a short name: what is not as it comes.
func (p *combined) legend() string {
	var parts []string
	if s := p.collect.String(); s != (schedule.Spec{}).String() {
		standard, err := schedule.Parse(p.collect.Name())
		if err == nil {
			parts = append(parts, differing(s, standard.String()))
		}
	}
	for _, r := range p.release {
		standard, err := policy.Parse(r.Name(), policy.Uses{})
		switch {
		case r.Name() == DefaultRelease:
		case err != nil:
			parts = append(parts, r.String())
		default:
			parts = append(parts, differing(r.String(), standard.String()))
		}
	}
	if len(parts) == 0 {
		return DefaultRelease
	}
	return strings.Join(parts, " + ")
}

// differing is the name of a specification and those of its parameters that another of the same name has not.
func differing(spec, standard string) string {
	name, text, _ := strings.Cut(spec, ":")
	_, known, _ := strings.Cut(standard, ":")
	for param := range strings.SplitSeq(text, ",") {
		if param != "" && !slices.Contains(strings.Split(known, ","), param) {
			name += " " + param
		}
	}
	return name
}

package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A Combination is a schedule of collections together with eviction policies.
type Combination struct {
	// Name is for legends; "" derives one from the parameters that differ from the defaults.
	Name string `json:"name,omitempty"`

	// Collect is a specification of gc/schedule; "" is "containerd", or "after-deletion" for clairvoyant alone.
	Collect string `json:"collect,omitempty"`

	// Release are specifications of sim/study/policy, called in this order; an empty list is "none".
	Release []string `json:"release,omitempty"`

	// Own is an additional custom policy; each node gets a clone.
	Own policy.Policy `json:"-"`
}

// Defaults of a combination: containerd's scheduler with its default settings, and no eviction.
const (
	DefaultCollect = "containerd"
	DefaultRelease = "none"
)

// ParseCombination reads parts joined by "+": at most one schedule of gc/schedule, and any number of policies of
// sim/study/policy. An omitted part has its default. Package [spec] has the grammar.
//
//	containerd:pause=0.02,mutations=100+kubelet:high=85,low=80
//	interval:1h+lru:high=90
//	kubelet+buildkit:defaults=dockerd
//
// It also accepts the short names of a result: "kubelet high=70 low=60".
//
// Error: ErrInvalidArgument; a [*spec.Error] whose column counts from the start of text.
func ParseCombination(text string) (Combination, error) {
	var c Combination
	schedules, policies := spec.Names(schedule.Kinds()), spec.Names(policy.Kinds())
	for _, part := range spec.Sections(text) {
		part.Text = specOf(part.Text)
		name, _, _ := strings.Cut(part.Text, ":")
		var err error
		switch {
		case slices.Contains(schedules, name):
			if c.Collect != "" {
				err = &spec.Error{Kind: "schedule", Name: name, Problem: "second schedule, after " + c.Collect}
				return c, part.Shift(err)
			}
			c.Collect = part.Text
			_, err = schedule.Parse(part.Text)
		case slices.Contains(policies, name):
			c.Release = append(c.Release, part.Text)
			_, err = policy.Parse(part.Text, policy.Uses{})
		default:
			err = &spec.Error{Kind: "policy", Name: part.Text, Problem: "unknown; known are the schedules " +
				strings.Join(schedules, ", ") + ", and the policies " + strings.Join(policies, ", ")}
		}
		if err != nil {
			return c, part.Shift(err)
		}
	}
	_, err := c.parse()
	return c, err
}

// ParseCombinations reads one specification per line. It ignores empty lines and text after a #.
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

// A parsedCombination has the parsed parts of a combination.
type parsedCombination struct {
	Combination
	collect schedule.Spec
	release []policy.Policy // templates: each node gets clones

	clairvoyant bool // one of the policies knows the future
}

func (c Combination) parse() (*parsedCombination, error) {
	p := &parsedCombination{Combination: c}
	var err error
	if c.Collect == "" {
		c.Collect = c.defaultCollect()
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
		p.clairvoyant = p.clairvoyant || r.Name() == "clairvoyant"
	}
	if c.Own != nil {
		p.release = append(p.release, c.Own)
	}
	for _, r := range p.release {
		if every := r.Rhythm().Every; every != 0 && every < time.Second {
			return nil, invalid("policy %q: checks every %s: must be a second or more", r.Name(), every)
		}
	}
	if p.Name == "" {
		p.Name = p.legend()
	}
	return p, nil
}

// defaultCollect returns the schedule of a combination without one. The policy that knows the future alone is a
// reference, which leaves no garbage.
func (c Combination) defaultCollect() string {
	if len(c.Release) == 1 && c.Own == nil && strings.HasPrefix(c.Release[0], "clairvoyant") {
		return "after-deletion"
	}
	return DefaultCollect
}

// start returns a node under these policies.
func (p *parsedCombination) start(o NodeOptions, load *Load) (*Node, error) {
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

// Spec returns the combination with every parameter, as [Policy.Spec] has it. Error: ErrInvalidArgument.
func (c Combination) Spec() (string, error) {
	p, err := c.parse()
	if err != nil {
		return "", err
	}
	return p.spec(), nil
}

func (p *parsedCombination) releases() string {
	var list []string
	for _, r := range p.release {
		list = append(list, r.String())
	}
	return strings.Join(list, "+")
}

func (p *parsedCombination) spec() string { return p.collect.String() + "+" + p.releases() }

// legend returns a short name: the policies with the parameters that differ from the defaults.
func (p *parsedCombination) legend() string {
	var parts []string
	standard, err := schedule.Parse(p.defaultCollect())
	if s := p.collect.String(); err != nil || s != standard.String() {
		if standard, err = schedule.Parse(p.collect.Name()); err == nil {
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

// differing returns the name of a specification, and those of its parameters that differ from another specification.
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

// invalid returns an error of class ErrInvalidArgument.
func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

func lineError(line int, err error) error { return fmt.Errorf("line %d: %w", line, err) }

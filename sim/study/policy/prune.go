package policy

import (
	"errors"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// PruneSettings are the settings of [Prune], named as the options of the commands.
type PruneSettings struct {
	// Command is the word before "prune": "system", "image" or "builder". System prunes images, then the build cache.
	Command string

	// All selects all images without a container, instead of dangling ones, and all records of the build cache,
	// including internal, frontend and shared ones. It is the option -a.
	All bool

	// Until spares images whose record was created within this time, and build records used within it; 0 spares none.
	// It is the option --filter until.
	Until time.Duration

	// Every is the time between two runs. Above 0.
	Every time.Duration

	// ReservedSpace, MaxUsedSpace and MinFreeSpace are in bytes, and as in [Rule]. They need the command "builder".
	ReservedSpace, MaxUsedSpace, MinFreeSpace Amount
}

// The commands of prune.
const (
	pruneSystem  = "system"
	pruneImage   = "image"
	pruneBuilder = "builder"
)

var pruneDefaults = PruneSettings{Command: pruneSystem, Every: 24 * time.Hour}

// nerdctlParams are the settings that nerdctl has.
var nerdctlParams = []spec.Param[PruneSettings]{
	{Key: "command", Doc: "the word before prune", Value: func(s *PruneSettings) spec.Value {
		return spec.Choice(&s.Command, []string{pruneSystem, pruneImage, pruneBuilder})
	}},
	{Key: "all", Doc: "-a: all images without a container, and all build records", Value: func(s *PruneSettings) spec.Value { return spec.Bool(&s.All) }},
	{Key: "until", Doc: "--filter until: spare images created, and build records used, within this time; 0s spares none", Value: func(s *PruneSettings) spec.Value { return spec.Duration(&s.Until, 0) }},
	{Key: "every", Doc: "time between two runs", Value: func(s *PruneSettings) spec.Value { return spec.Duration(&s.Every, 1) }},
}

var dockerParams = append(slices.Clone(nerdctlParams),
	pruneSpace("reserved", "with builder: size that the cache may always have; a cap if it is the only limit", func(s *PruneSettings) *Amount { return &s.ReservedSpace }, "keepstorage"),
	pruneSpace("max", "with builder: largest size of the whole cache", func(s *PruneSettings) *Amount { return &s.MaxUsedSpace }),
	pruneSpace("minfree", "with builder: free space to leave on the disk", func(s *PruneSettings) *Amount { return &s.MinFreeSpace }),
)

func pruneSpace(key, doc string, field func(*PruneSettings) *Amount, old ...string) spec.Param[PruneSettings] {
	return spec.Param[PruneSettings]{Key: key, Old: old, Doc: doc, Value: func(s *PruneSettings) spec.Value {
		return omitZero[Amount]{spec.Space(field(s), Amount{}), field(s)}
	}}
}

// Prune is "docker system prune", "docker image prune" or "docker builder prune", run by a timer, or the same command
// of nerdctl. Of images, it follows moby v2.0.0-beta.24 with the containerd image store, and nerdctl v2.2.0; the tests
// compare it with both. Of the build cache, it is [Buildkit] with one rule.
//
// Docker and nerdctl differ:
//
//   - A dangling image has, for docker, a record that dockerd leaves when a tag moves ("moby-dangling@sha256:..."). For
//     nerdctl, none of its names has a tag: also an image that was pulled by digest. Only dockerd makes the first kind.
//   - Without All, nerdctl removes dangling images in use, too. Their containers keep their snapshots.
//   - After an image that could not be removed, both continue with the next. Docker then skips the build cache.
//   - Nerdctl's Until needs the command "image", since its other commands have no filters.
//
// Both compare Until with the creation of the image's record, which is the time of its pull or tag, not of its build;
// neither knows when an image was used, and both ignore pins of CRI. Both look for the names by which containers were
// made. So they spare an image that took over the name of a used one, and remove the used one if it has other names.
// Prune goes by the image of each container.
//
// The commands also remove stopped containers, networks and leases of interrupted pulls by dockerd. Prune removes the
// containers of a [DeadContainerRemover] if Until is 0; with Until, which spares containers by age, it leaves them.
type Prune struct {
	name     string
	settings PruneSettings
	cache    *Buildkit
}

// NewDockerPrune returns the policy of docker. Error: ErrInvalidArgument for settings that the command does not have.
func NewDockerPrune(s PruneSettings) (*Prune, error) {
	for _, a := range []struct {
		key    string
		amount Amount
	}{{"reserved", s.ReservedSpace}, {"max", s.MaxUsedSpace}, {"minfree", s.MinFreeSpace}} {
		switch {
		case a.amount.Percent != 0:
			return nil, invalid("docker", a.key, "%s is a percentage; docker takes bytes, such as 10GB", a.amount)
		case a.amount != Amount{} && s.Command != pruneBuilder:
			return nil, invalid("docker", a.key, "docker %s prune has no such option; command=builder has", s.Command)
		}
	}
	return newPrune("docker", s)
}

// NewNerdctlPrune returns the policy of nerdctl. Error: ErrInvalidArgument for settings that the command does not have.
func NewNerdctlPrune(s PruneSettings) (*Prune, error) {
	switch {
	case s.Until != 0 && s.Command != pruneImage:
		return nil, invalid("nerdctl", "until", "nerdctl %s prune has no filters; command=image has", s.Command)
	case s.ReservedSpace != Amount{} || s.MaxUsedSpace != Amount{} || s.MinFreeSpace != Amount{}:
		return nil, invalid("nerdctl", "", "nerdctl prune has no limits of the build cache")
	}
	return newPrune("nerdctl", s)
}

func newPrune(name string, s PruneSettings) (*Prune, error) {
	switch {
	case s.Command != pruneSystem && s.Command != pruneImage && s.Command != pruneBuilder:
		return nil, invalid(name, "command", "%q is unknown; known are system, image, builder", s.Command)
	case s.Until < 0:
		return nil, invalid(name, "until", "%s is negative", s.Until)
	case s.Every <= 0:
		return nil, invalid(name, "every", "%s is not above 0", s.Every)
	}
	cache, err := NewBuildkit(Rule{
		All: s.All, KeepDuration: s.Until,
		ReservedSpace: s.ReservedSpace, MaxUsedSpace: s.MaxUsedSpace, MinFreeSpace: s.MinFreeSpace,
	})
	if err != nil {
		return nil, err
	}
	return &Prune{name, s, cache}, nil
}

// Rhythm implements [Policy].
func (p *Prune) Rhythm() Rhythm { return Rhythm{Every: p.settings.Every} }

// Release runs the command. Errors: those of removals, joined.
func (p *Prune) Release(now time.Time, node Node) error {
	s := p.settings
	var failed []error
	if r, ok := node.(DeadContainerRemover); ok && s.Command == pruneSystem && s.Until == 0 {
		failed = append(failed, r.RemoveDeadContainers())
	}
	if s.Command != pruneBuilder {
		err := p.images(now, node)
		failed = append(failed, err)
		if err != nil && p.name == "docker" {
			return errors.Join(failed...)
		}
	}
	if s.Command != pruneImage {
		failed = append(failed, p.cache.Release(now, node))
	}
	return errors.Join(failed...)
}

// images removes the images that the command selects.
func (p *Prune) images(now time.Time, node Node) error {
	var failed []error
	for _, c := range ofKind(node, Image) {
		if p.selects(c) && (p.settings.Until == 0 || c.Created.Before(now.Add(-p.settings.Until))) {
			failed = append(failed, node.Remove(c.ID))
		}
	}
	return errors.Join(failed...)
}

func (p *Prune) selects(c Candidate) bool {
	switch {
	case p.settings.All:
		return !c.InUse
	case p.name == "docker":
		return !c.InUse && eachName(c, func(name string) bool { return strings.HasPrefix(name, "moby-dangling@") })
	}
	return eachName(c, untagged)
}

// eachName reports whether an image has names and all satisfy a condition.
func eachName(c Candidate, is func(name string) bool) bool {
	return len(c.Names) > 0 && !slices.ContainsFunc(c.Names, func(name string) bool { return !is(name) })
}

// untagged reports whether a name is a digest, or has one and no tag.
func untagged(name string) bool {
	if _, err := digest.Parse(name); err == nil {
		return true
	}
	name, _, digested := strings.Cut(name, "@")
	return digested && strings.LastIndexByte(name, ':') <= strings.LastIndexByte(name, '/')
}

// Clone implements [Policy].
func (p *Prune) Clone() Policy { return &Prune{p.name, p.settings, p.cache.Clone().(*Buildkit)} }

// Name implements [Policy].
func (p *Prune) Name() string { return p.name }

// String implements [Policy].
func (p *Prune) String() string {
	params := dockerParams
	if p.name == "nerdctl" {
		params = nerdctlParams
	}
	return p.name + ":" + spec.Print(params, p.settings)
}

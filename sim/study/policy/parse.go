package policy

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A kind is a row of the table of policies.
type kind struct {
	name, doc string
	params    []spec.ParamDoc
	parse     func(part *spec.Part, future Future) (Policy, error)
}

var kinds = []kind{
	row("none", "evicts nothing", nil, None{}, func(None, Future) (None, error) { return None{}, nil }),
	row("kubelet", "kubelet's image GC", kubeletParams, KubeletDefaults(),
		func(s KubeletSettings, _ Future) (*Kubelet, error) { return NewKubelet(s) }),
	{
		"buildkit", "buildkit's prune: defaults=NAME, or rules separated by semicolons",
		append(spec.Describe(buildkitParams, buildkitSettings{defaults[0].name}), spec.Describe(ruleParams, Rule{})...),
		func(part *spec.Part, _ Future) (Policy, error) { return parseBuildkit(part) },
	},
	row("docker", "docker prune by a timer", dockerParams, pruneDefaults,
		func(s PruneSettings, _ Future) (*Prune, error) { return NewDockerPrune(s) }),
	row("nerdctl", "nerdctl prune by a timer", nerdctlParams, pruneDefaults,
		func(s PruneSettings, _ Future) (*Prune, error) { return NewNerdctlPrune(s) }),
	row("lru", "least recently used first, when the disk is too full", lruParams, watermarkDefaults,
		func(s Watermark, _ Future) (*LRU, error) { return NewLRU(s) }),
	row("ttl", "candidates that expired by containerd.io/gc.expire, or by age", ttlParams, ttlDefaults,
		func(s TTLSettings, _ Future) (*TTL, error) { return NewTTL(s) }),
	row("clairvoyant", "knows the future: a reference, which no node can run", clairvoyantParams, ClairvoyantSettings{Watermark: watermarkDefaults}, NewClairvoyant),
}

// row returns the row of a policy whose settings are one group of parameters.
func row[S any, P Policy](name, doc string, params []spec.Param[S], standard S, construct func(S, Future) (P, error)) kind {
	return kind{name, doc, spec.Describe(params, standard), func(part *spec.Part, future Future) (Policy, error) {
		s := standard
		if err := spec.AssignAll(part, params, &s); err != nil {
			return nil, err
		}
		return construct(s, future)
	}}
}

// Parse returns the policy of a specification in the language of package [spec]. Omitted parameters have their
// defaults.
//
//	kubelet:high=85,low=80,minage=2m
//	buildkit:defaults=dockerd
//	docker:command=image,all=true,until=24h
//	buildkit:filter=type==source.local|type==exec.cachemount,keep=48h,max=512MB;all=true,max=80%
//
// [Kinds] lists all names and parameters. Only clairvoyant needs a future; it may be nil for the others. In a filter
// "|" separates alternatives and "&" stands for a comma; filters whose values contain any of ",;|&+" need
// [NewBuildkit].
//
// Error: a [*spec.Error], which satisfies ErrInvalidArgument.
func Parse(text string, future Future) (Policy, error) {
	part, err := spec.Parse("policy", text)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.name == part.Name })
	if at < 0 {
		return nil, spec.Unknown("policy", part.Name, spec.Names(Kinds()))
	}
	p, err := kinds[at].parse(part, future)
	if err != nil {
		return nil, part.Locate(err)
	}
	return p, nil
}

// Kinds describes every policy that [Parse] accepts. The caller owns the slice.
func Kinds() (list []spec.Row) {
	for _, k := range kinds {
		list = append(list, spec.Row{Name: k.name, Doc: k.doc, Params: slices.Clone(k.params)})
	}
	return list
}

// buildkitSettings are the settings of a specification without rules of its own.
type buildkitSettings struct{ defaults string }

var buildkitParams = []spec.Param[buildkitSettings]{
	{Key: "defaults", Doc: defaultsDoc(), Value: func(s *buildkitSettings) spec.Value { return spec.Choice(&s.defaults, defaultNames()) }},
}

func parseBuildkit(part *spec.Part) (Policy, error) {
	settings := buildkitSettings{defaults[0].name}
	if len(part.Groups) == 0 {
		return NewBuildkitDefaults(settings.defaults)
	}
	if first := part.Groups[0]; len(part.Groups) == 1 && len(first) > 0 && first[0].Key == "defaults" {
		if err := spec.Assign(part, first, buildkitParams, &settings); err != nil {
			return nil, err
		}
		return NewBuildkitDefaults(settings.defaults)
	}
	var rules []Rule
	for _, group := range part.Groups {
		var r Rule
		if err := spec.Assign(part, group, ruleParams, &r, "defaults"); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return NewBuildkit(rules...)
}

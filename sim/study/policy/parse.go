package policy

import (
	"fmt"
	"strings"
)

// A kind of policy: its name, what it is, and how the text after the colon makes
// one.
type kind struct {
	name, doc string
	params    func() []Param
	parse     func(text string, future Future) (Policy, error)
}

// A Param describes a parameter.
type Param struct {
	Key     string
	Default string // "" for none
	Doc     string
}

var kinds = []kind{
	{
		"none", "lets go of nothing",
		func() []Param { return nil },
		func(text string, _ Future) (Policy, error) {
			return None{}, parseParams[None]("none", nil, &None{}, text)
		},
	},
	{
		"kubelet", "kubelet's image GC",
		func() []Param { return describe(kubeletParams, KubeletDefaults()) },
		func(text string, _ Future) (Policy, error) {
			return build("kubelet", kubeletParams, KubeletDefaults(), text, NewKubelet)
		},
	},
	{
		"buildkit", "buildkit's prune: defaults=NAME, or rules separated by semicolons",
		buildkitDoc,
		func(text string, _ Future) (Policy, error) { return parseBuildkit(text) },
	},
	{
		"lru", "the longest unused first, above a mark",
		func() []Param { return describe(lruParams, watermarkDefaults) },
		func(text string, _ Future) (Policy, error) {
			return build("lru", lruParams, watermarkDefaults, text, NewLRU)
		},
	},
	{
		"ttl", "what has expired by containerd.io/gc.expire, or by age",
		func() []Param { return describe(ttlParams, ttlDefaults) },
		func(text string, _ Future) (Policy, error) {
			return build("ttl", ttlParams, ttlDefaults, text, NewTTL)
		},
	},
	{
		"clairvoyant", "knows the future: a bound",
		func() []Param { return describe(clairvoyantParams, ClairvoyantSettings{Watermark: watermarkDefaults}) },
		func(text string, future Future) (Policy, error) {
			construct := func(s ClairvoyantSettings) (*Clairvoyant, error) { return NewClairvoyant(s, future) }
			return build("clairvoyant", clairvoyantParams, ClairvoyantSettings{Watermark: watermarkDefaults}, text, construct)
		},
	},
}

// Parse makes a policy from a specification: a name, and after a colon parameters
// separated by commas, in any order; those left out have their defaults.
//
//	kubelet:high=85,low=80,minage=2m
//	buildkit:defaults=dockerd
//	buildkit:filter=type==source.local|type==exec.cachemount,keep=48h,max=512MB;all=true,max=80%
//
// [Kinds] lists them all. Only clairvoyant needs a future; nil says there is none.
// In a filter "|" separates alternatives and "&" stands for the comma; one whose
// values contain any of ",;|&" has to be made with [NewBuildkit].
//
// Error: ErrInvalidArgument, which names the policy and the key and says what is
// known instead.
func Parse(spec string, future Future) (Policy, error) {
	name, text, colon := strings.Cut(spec, ":")
	var known []string
	for _, k := range kinds {
		if k.name == name {
			if colon && text == "" {
				return nil, invalid("policy %q: no parameters after the colon", name)
			}
			p, err := k.parse(text, future)
			if err != nil {
				return nil, err
			}
			return p, nil
		}
		known = append(known, k.name)
	}
	return nil, unknown("policy", name, known)
}

// A KindDoc describes the policies of one name.
type KindDoc struct {
	Name, Doc string
	Params    []Param
}

// Kinds describes every policy that [Parse] knows.
func Kinds() (list []KindDoc) {
	for _, k := range kinds {
		list = append(list, KindDoc{k.name, k.doc, k.params()})
	}
	return list
}

// build makes a policy of a table of parameters and its constructor.
func build[S any, P Policy](name string, params []param[S], s S, text string, construct func(S) (P, error)) (Policy, error) {
	if err := parseParams(name, params, &s, text); err != nil {
		return nil, err
	}
	return construct(s)
}

func describe[S any](params []param[S], s S) (list []Param) {
	for _, p := range params {
		list = append(list, Param{p.key, show(p.field(&s)), p.doc})
	}
	return list
}

func parseBuildkit(text string) (Policy, error) {
	if text == "" {
		return NewBuildkitDefaults(defaults[0].name)
	}
	if name, ok := strings.CutPrefix(text, "defaults="); ok {
		p, err := NewBuildkitDefaults(name)
		if err != nil {
			return nil, fmt.Errorf("policy %q: %w", "buildkit", err)
		}
		return p, nil
	}
	var rules []Rule
	for part := range strings.SplitSeq(text, ";") {
		var r Rule
		if err := parseParams("buildkit", ruleParams, &r, part, "defaults"); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return NewBuildkit(rules...)
}

func buildkitDoc() []Param {
	var names []string
	for _, d := range defaults {
		names = append(names, d.name+" ("+d.doc+")")
	}
	list := []Param{{"defaults", defaults[0].name, "the rules a builder comes with: " + strings.Join(names, "; ")}}
	return append(list, describe(ruleParams, Rule{})...)
}

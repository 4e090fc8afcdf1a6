package schedule

import (
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Spec selects a policy and its parameters. The zero Spec is containerd's scheduler with its defaults. It is
// immutable and may be copied.
//
// Invariant: kind is the name of a row of kinds, or "" for the first row.
type Spec struct {
	kind   string
	params params
}

// params holds the parameters of all kinds. Each kind uses its own.
type params struct {
	Settings
	every time.Duration
	high  spec.Amount
	pause time.Duration
}

// A kind is a row of the table of policies.
type kind struct {
	name, doc string
	params    []spec.Param[params]
	start     func(p params, now time.Time, disk int64) Policy
}

// paramDefaults has the values of parameters that a specification omits.
var paramDefaults = params{Settings: Defaults(), every: time.Hour, high: spec.Amount{Percent: 85}, pause: time.Minute}

var kinds = []kind{
	{
		"containerd", "containerd's scheduler", []spec.Param[params]{
			{Key: "pause", Doc: "pause_threshold: largest fraction of the time in which collections block writers", Value: func(p *params) spec.Value { return spec.Fraction(&p.PauseThreshold, maxPauseThreshold) }},
			{Key: "deletions", Doc: "deletion_threshold: collect after so many deletions; 0 for never", Value: func(p *params) spec.Value { return spec.Count(&p.DeletionThreshold) }},
			{Key: "mutations", Doc: "mutation_threshold: run a scheduled collection after so many changes; 0 for never", Value: func(p *params) spec.Value { return spec.Count(&p.MutationThreshold) }},
			{Key: "delay", Doc: "schedule_delay: time from a request for a collection to its start", Value: func(p *params) spec.Value { return spec.Duration(&p.ScheduleDelay, 0) }},
			{Key: "startup", Doc: "startup_delay: time from the daemon's start to the first collection; 0s for none", Value: func(p *params) spec.Value { return spec.Duration(&p.StartupDelay, 0) }},
		},
		func(p params, now time.Time, _ int64) Policy { return NewContainerd(p.Settings, now) },
	},
	{
		"interval", "at fixed times", []spec.Param[params]{
			{Key: "every", Doc: "time from one collection to the next", Value: func(p *params) spec.Value { return spec.Duration(&p.every, 1) }},
		},
		func(p params, now time.Time, _ int64) Policy { return NewInterval(p.every, now) },
	},
	{
		"watermark", "when the disk is too full", []spec.Param[params]{
			{Key: "high", Doc: "stored bytes, or percent of the disk, that start a collection", Value: func(p *params) spec.Value { return spec.Space(&p.high, spec.Amount{Bytes: 1}) }},
			{Key: "pause", Doc: "least time between two collections", Value: func(p *params) spec.Value { return spec.Duration(&p.pause, 0) }},
		},
		func(p params, _ time.Time, disk int64) Policy { return NewWatermark(p.high.Of(disk), p.pause) },
	},
	{"after-deletion", "immediately after each deletion", nil, func(params, time.Time, int64) Policy { return NewAfterDeletion() }},
	{"on-demand", "only on request", nil, func(params, time.Time, int64) Policy { return NewOnDemand() }},
	{"never", "not at all", nil, func(params, time.Time, int64) Policy { return NewNever() }},
}

// Parse reads a specification in the language of package [spec]. Omitted parameters have their defaults.
//
//	containerd:pause=0.02,mutations=100
//	interval:1h
//	watermark:high=85%,pause=1m
//
// [Kinds] lists all names and parameters. Error: a [*spec.Error], which satisfies ErrInvalidArgument.
func Parse(text string) (Spec, error) {
	part, err := spec.Parse("schedule", text)
	if err != nil {
		return Spec{}, err
	}
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.name == part.Name })
	if at < 0 {
		return Spec{}, spec.Unknown("schedule", part.Name, spec.Names(Kinds()))
	}
	s := Spec{kind: part.Name, params: paramDefaults}
	if err := spec.AssignAll(part, kinds[at].params, &s.params); err != nil {
		return Spec{}, err
	}
	return s, nil
}

// Kinds describes every policy that [Parse] accepts. The caller owns the slice.
func Kinds() (list []spec.Row) {
	for _, k := range kinds {
		list = append(list, spec.Row{Name: k.name, Doc: k.doc, Params: spec.Describe(k.params, paramDefaults)})
	}
	return list
}

// Start returns the policy, started at now. Disk is the size of the disk in bytes; parameters that are percentages need
// it.
func (s Spec) Start(now time.Time, disk int64) Policy {
	k, p := s.row()
	return k.start(p, now, disk)
}

// Name is the first word of the specification: "containerd".
func (s Spec) Name() string { k, _ := s.row(); return k.name }

// String returns the specification with every parameter, as [Parse] reads it.
func (s Spec) String() string {
	k, p := s.row()
	if len(k.params) == 0 {
		return k.name
	}
	return k.name + ":" + spec.Print(k.params, p)
}

// row returns the row of the table and the values of its parameters.
func (s Spec) row() (kind, params) {
	if s.kind == "" {
		return kinds[0], paramDefaults
	}
	return kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == s.kind })], s.params
}

package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
)

// A Spec says which policy there is to be, and with what parameters. The zero Spec is
// containerd's scheduler with its defaults. It never changes and may be copied.
type Spec struct {
	kind   string // "" is the first of kinds
	params params
}

// params are the parameters of all kinds. Each kind has its own.
type params struct {
	Settings
	every time.Duration
	high  level
	pause time.Duration
}

// A level is a number of bytes, or a part of a disk.
type level struct {
	bytes   int64
	percent int
}

// A Param describes a parameter of a specification.
type Param struct {
	Key, Default, Doc string
}

// A KindDoc describes the policies of one name.
type KindDoc struct {
	Name, Doc string
	Params    []Param
}

type kind struct {
	name, doc string
	params    []param
	start     func(p params, now time.Time, disk int64) Policy
}

type param struct {
	key, doc string
	field    func(*params) any
}

// paramDefaults are what a specification need not say.
var paramDefaults = params{Settings: Defaults(), every: time.Hour, high: level{percent: 85}, pause: time.Minute}

var kinds = []kind{
	{
		"containerd", "containerd's scheduler", []param{
			{"pause", "pause_threshold: the largest part of the time that collections block writers for, from 0 to 0.5", func(p *params) any { return &p.PauseThreshold }},
			{"deletions", "deletion_threshold: collect after so many deletions; 0 for never", func(p *params) any { return &p.DeletionThreshold }},
			{"mutations", "mutation_threshold: collect, when scheduled, after so many changes; 0 for never", func(p *params) any { return &p.MutationThreshold }},
			{"delay", "schedule_delay: from what asks for a collection to its beginning", func(p *params) any { return &p.ScheduleDelay }},
			{"startup", "startup_delay: from the start to the first collection; 0s for none", func(p *params) any { return &p.StartupDelay }},
		},
		func(p params, now time.Time, _ int64) Policy { return NewContainerd(p.Settings, now) },
	},
	{
		"interval", "at fixed times", []param{
			{"every", "from one collection to the next", func(p *params) any { return &p.every }},
		},
		func(p params, now time.Time, _ int64) Policy { return NewInterval(p.every, now) },
	},
	{
		"watermark", "when too much is stored", []param{
			{"high", "bytes, or part of the disk, that is too much", func(p *params) any { return &p.high }},
			{"pause", "least time between two collections", func(p *params) any { return &p.pause }},
		},
		func(p params, _ time.Time, disk int64) Policy { return NewWatermark(p.high.of(disk), p.pause) },
	},
	{"after-deletion", "at once after every deletion", nil, func(params, time.Time, int64) Policy { return NewAfterDeletion() }},
	{"on-demand", "only when asked to", nil, func(params, time.Time, int64) Policy { return NewOnDemand() }},
	{"never", "not at all", nil, func(params, time.Time, int64) Policy { return NewNever() }},
}

// Parse reads a specification: a name, and after a colon parameters separated by
// commas, in any order; those left out have their defaults. The first parameter may
// be its value alone where there is no doubt which it is.
//
//	containerd:pause=0.02,mutations=100
//	interval:1h
//	watermark:high=85%,pause=1m
//
// [Kinds] lists them all. Error: ErrInvalidArgument, which names the policy and the
// key and says what is known instead.
func Parse(spec string) (Spec, error) {
	name, text, colon := strings.Cut(spec, ":")
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if at < 0 {
		return Spec{}, unknown("schedule", name, kindNames())
	}
	s := Spec{kind: name, params: paramDefaults}
	if colon && text == "" {
		return Spec{}, invalid("schedule %q: no parameters after the colon", name)
	}
	if err := s.params.parse(kinds[at].params, text); err != nil {
		return Spec{}, fmt.Errorf("schedule %q: %w", name, err)
	}
	if s.params.every == 0 {
		return Spec{}, invalid("schedule %q: key %q: must be above 0", name, "every")
	}
	return s, nil
}

// Kinds describes every policy that [Parse] knows.
func Kinds() (list []KindDoc) {
	for _, k := range kinds {
		doc := KindDoc{Name: k.name, Doc: k.doc}
		for _, p := range k.params {
			defaults := paramDefaults
			doc.Params = append(doc.Params, Param{p.key, show(p.field(&defaults)), p.doc})
		}
		list = append(list, doc)
	}
	return list
}

// Start returns the policy, started at now on a disk of a size in bytes, which counts
// where a parameter is a part of it.
func (s Spec) Start(now time.Time, disk int64) Policy {
	k, p := s.what()
	return k.start(p, now, disk)
}

// Name is the first word of the specification, "containerd".
func (s Spec) Name() string { k, _ := s.what(); return k.name }

// String is the specification, with every parameter, that [Parse] reads.
func (s Spec) String() string {
	k, p := s.what()
	var list []string
	for _, param := range k.params {
		list = append(list, param.key+"="+show(param.field(&p)))
	}
	if len(list) == 0 {
		return k.name
	}
	return k.name + ":" + strings.Join(list, ",")
}

func (s Spec) what() (kind, params) {
	if s.kind == "" {
		return kinds[0], paramDefaults
	}
	return kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == s.kind })], s.params
}

func (p *params) parse(known []param, text string) error {
	if text == "" {
		return nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok && len(known) > 0 && len(seen) == 0 && !slices.Contains(keys(known), key) {
			key, value = known[0].key, part
		}
		at := slices.Index(keys(known), key)
		switch {
		case len(known) == 0:
			return invalid("takes no parameters")
		case at < 0:
			return unknown("key", key, keys(known))
		case value == "":
			return invalid("key %q: has no value (%s=VALUE)", key, key)
		case seen[key]:
			return invalid("key %q: given twice", key)
		}
		seen[key] = true
		if err := set(known[at].field(p), value); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	return nil
}

// of is the level on a disk of a size in bytes.
func (l level) of(disk int64) int64 {
	if l.percent == 0 {
		return l.bytes
	}
	return disk/100*int64(l.percent) + disk%100*int64(l.percent)/100
}

// The units of bytes, each before those that end in it.
var units = []struct {
	name string
	size int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"", 1}}

// set parses text into a value.
func set(value any, text string) error {
	switch v := value.(type) {
	case *float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !(x >= 0 && x <= 0.5) {
			return invalid("%q is not a number from 0 to 0.5", text)
		}
		*v = x
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return invalid("%q is not a whole number from 0 on", text)
		}
		*v = n
	case *time.Duration:
		d, err := duration(text)
		if err != nil || d < 0 || d == 0 && text != "0" && text != "0s" {
			return invalid("%q is not a duration such as 90s, 2m, 48h or 60d", text)
		}
		*v = d
	case *level:
		return v.set(text)
	default:
		panic(fmt.Sprintf("parameter of type %T", value))
	}
	return nil
}

func (l *level) set(text string) error {
	bad := invalid("%q is not a percentage from 1%% to 100%%, or a number of bytes such as 50GB", text)
	if number, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > 100 {
			return bad
		}
		*l = level{percent: n}
		return nil
	}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 || n > (1<<63-1)/u.size {
			return bad
		}
		*l = level{bytes: n * u.size}
		return nil
	}
	return bad
}

// show is the text that set reads.
func show(value any) string {
	switch v := value.(type) {
	case *float64:
		return strconv.FormatFloat(*v, 'g', -1, 64)
	case *int:
		return strconv.Itoa(*v)
	case *time.Duration:
		return showDuration(*v)
	case *level:
		if v.percent > 0 {
			return strconv.Itoa(v.percent) + "%"
		}
		return strconv.FormatInt(v.bytes, 10)
	}
	panic(fmt.Sprintf("parameter of type %T", value))
}

const day = 24 * time.Hour

// duration reads Go's durations, and whole days: "60d".
func duration(text string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(text)
}

// showDuration is the shortest text: "2m", not "2m0s".
func showDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func keys(list []param) (all []string) {
	for _, p := range list {
		all = append(all, p.key)
	}
	return all
}

func kindNames() (all []string) {
	for _, k := range kinds {
		all = append(all, k.name)
	}
	return all
}

func unknown(what, word string, known []string) error {
	return invalid("%s %q: unknown; known are %s", what, word, strings.Join(known, ", "))
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

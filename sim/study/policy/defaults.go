package policy

import (
	"math"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// defaults are the default rules of builders: the current ones, and older ones with their mistakes. Versions are those
// of BuildKit, and of the module of dockerd. The tests compare each with the code of its first and last version.
var defaults = []struct {
	name, doc string
	rules     func(capacity int64) []Rule
}{
	{"buildkitd", "BuildKit v0.31.0 to v0.34.2", func(capacity int64) []Rule {
		return tiers(temporary, Amount{Bytes: 512e6}, buildkitdCaps(capacity))
	}},
	{"buildkitd-before-2026-06", "BuildKit v0.17.0 to v0.30.0: the first rule matches nothing", func(capacity int64) []Rule {
		return tiers(joined, Amount{Bytes: 512e6}, buildkitdCaps(capacity))
	}},
	{"dockerd", "moby v2.0.0-beta.18 to v2.0.0-beta.24", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, percentOf)
		return tiers(temporary, dockerdTemporary(c), c)
	}},
	{"dockerd-before-2026-06", "docker v28.5.1 to moby v2.0.0-beta.15: the first rule matches nothing", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, percentOf)
		return tiers(joined, dockerdTemporary(c), c)
	}},
	{"dockerd-before-2025-10", "docker v28.0.0 to v28.5.0: also, 80 % means 1.25 % and 20 % means 5 %", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, dividedBy)
		return tiers(joined, dockerdTemporary(c), c)
	}},
}

// DefaultRules returns the default rules of a builder on a disk with a capacity in bytes; 0 is unknown. The names are
// those of the parameter "defaults" of the policy "buildkit". Error: ErrInvalidArgument for an unknown name; it lists
// the known names.
func DefaultRules(name string, capacity int64) ([]Rule, error) {
	for _, d := range defaults {
		if d.name == name {
			return d.rules(capacity), nil
		}
	}
	return nil, spec.Unknown("defaults", name, defaultNames())
}

func defaultNames() (names []string) {
	for _, d := range defaults {
		names = append(names, d.name)
	}
	return names
}

func defaultsDoc() string {
	var texts []string
	for _, d := range defaults {
		texts = append(texts, d.name+" ("+d.doc+")")
	}
	return "default rules of a builder: " + strings.Join(texts, "; ")
}

// caps are the limits that the rules of a builder share, in bytes.
type caps struct{ reserved, most, minFree int64 }

var (
	// temporary selects records that a build can make again from its sources.
	temporary = []string{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"}

	// joined is the mistaken form of temporary: a comma means "and", and no record has three types.
	joined = []string{"type==source.local,type==exec.cachemount,type==source.git.checkout"}
)

// tiers returns the four default rules: temporary records, old records, all records except buildkit's own, and all
// records.
func tiers(filter []string, temporaryMost Amount, c caps) []Rule {
	capped := Rule{ReservedSpace: Amount{Bytes: c.reserved}, MaxUsedSpace: Amount{Bytes: c.most}, MinFreeSpace: Amount{Bytes: c.minFree}}
	old, everything := capped, capped
	old.KeepDuration = 60 * 24 * time.Hour
	everything.All = true
	return []Rule{
		{Filter: filter, KeepDuration: 48 * time.Hour, MaxUsedSpace: temporaryMost},
		old, capped, everything,
	}
}

func buildkitdCaps(capacity int64) caps {
	return caps{
		reserved: min(SpaceOf(Amount{Percent: 10}, capacity), 10e9),
		most:     min(SpaceOf(Amount{Percent: 80}, capacity), 100e9),
		minFree:  SpaceOf(Amount{Percent: 20}, capacity),
	}
}

func dockerdCaps(capacity int64, percentage func(capacity, percent int64) int64) caps {
	if capacity <= 0 {
		return caps{reserved: unknownDisk}
	}
	return caps{
		reserved: percentage(capacity, 10),
		most:     percentage(capacity, 80),
		minFree:  percentage(capacity, 20),
	}
}

func percentOf(capacity, percent int64) int64 {
	return SpaceOf(Amount{Percent: int(percent)}, capacity)
}

func dividedBy(capacity, percent int64) int64 { return roundUp(capacity / percent) }

// dockerdTemporary returns moby's limit for temporary records: e·π·φ percent of the reserved space.
func dockerdTemporary(c caps) Amount {
	percent := float64(math.E * math.Pi * math.Phi)
	return Amount{Bytes: max(512e6, int64(math.Round(float64(c.reserved)/100*percent)))}
}

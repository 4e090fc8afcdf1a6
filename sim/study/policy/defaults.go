package policy

import (
	"math"
	"time"
)

// defaults are the rules that builders have come with, the current ones and those
// with the mistakes of their time. Commits are of moby/buildkit and moby/moby.
var defaults = []struct {
	name, doc string
	rules     func(capacity int64) []Rule
}{
	{"buildkitd", "buildkitd since b69e279b (2026-06-10)", func(capacity int64) []Rule {
		return tiers(temporary, Amount{Bytes: 512e6}, buildkitdCaps(capacity))
	}},
	{"buildkitd-before-2026-06", "buildkitd until then: the first rule matches nothing", func(capacity int64) []Rule {
		return tiers(joined, Amount{Bytes: 512e6}, buildkitdCaps(capacity))
	}},
	{"dockerd", "dockerd since 0538c9a1 (2026-06-10)", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, percentOf)
		return tiers(temporary, dockerdTemporary(c), c)
	}},
	{"dockerd-before-2026-06", "dockerd since 1a7d7cc0 (2025-10-07) until then: the first rule matches nothing", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, percentOf)
		return tiers(joined, dockerdTemporary(c), c)
	}},
	{"dockerd-before-2025-10", "dockerd until then: and 80 % means 1.25 %, 20 % means 5 %", func(capacity int64) []Rule {
		c := dockerdCaps(capacity, dividedBy)
		return tiers(joined, dockerdTemporary(c), c)
	}},
}

// DefaultRules are the rules that a builder comes with, on a disk of a capacity in
// bytes, 0 if that is not known. The names are those of the parameter "defaults" of
// the policy "buildkit". Error: ErrInvalidArgument for an unknown name, which says
// the known ones.
func DefaultRules(name string, capacity int64) ([]Rule, error) {
	var known []string
	for _, d := range defaults {
		if d.name == name {
			return d.rules(capacity), nil
		}
		known = append(known, d.name)
	}
	return nil, unknown("defaults", name, known)
}

// caps are the three that the rules of a builder share.
type caps struct{ reserved, most, minFree int64 }

var (
	// temporary is what a build can make again from what its user has.
	temporary = []string{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"}

	// joined was meant as temporary, but a comma means "and": no record is of
	// three types.
	joined = []string{"type==source.local,type==exec.cachemount,type==source.git.checkout"}
)

// tiers are the four rules: what is temporary, what is old, what there is, and
// what there is with buildkit's own.
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
		reserved: min(Amount{Percent: 10}.Of(capacity), 10e9),
		most:     min(Amount{Percent: 80}.Of(capacity), 100e9),
		minFree:  Amount{Percent: 20}.Of(capacity),
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

func percentOf(capacity, percent int64) int64 { return Amount{Percent: int(percent)}.Of(capacity) }

func dividedBy(capacity, percent int64) int64 { return roundUp(capacity / percent) }

// dockerdTemporary is moby's part of the reserved space for what is temporary:
// e·π·φ percent of it.
func dockerdTemporary(c caps) Amount {
	return Amount{Bytes: max(512e6, int64(math.Round(float64(c.reserved)*0.138176)))}
}

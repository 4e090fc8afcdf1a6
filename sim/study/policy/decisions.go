package policy

import "math"

// A Decider is a [Policy] that remembers its decisions, so that a simulation need not repeat them for settings that
// make no difference. For example, all marks that the use of the disk never reaches decide the same.
type Decider interface {
	Policy

	// Decisions returns the decisions so far.
	Decisions() Decisions
}

// Decisions are those of one policy on one node. They are immutable.
type Decisions interface {
	// Repeat reports whether other, on the same node from the start, would have removed the same candidates at the same
	// times. If so, its Release would have returned a [ShortError] at the same times, with more bytes to free. False
	// means that Repeat does not know.
	Repeat(other Policy) (more int64, same bool)
}

// kubeletDecisions are the decisions of a kubelet with settings. All settings decide the same whose thresholds are in
// the intervals.
//
// Invariants: below < high threshold <= above; least < bytes left free at the low threshold <= most. Without eviction,
// the intervals have all numbers.
type kubeletDecisions struct {
	settings    KubeletSettings
	capacity    int64 // of the disk; 0 before the first eviction
	below       int64 // highest use of the disk, in percent, at which kubelet did nothing
	above       int64 // lowest use at which it evicted
	least, most int64
	unknown     bool // the capacity changed
}

func newKubeletDecisions(s KubeletSettings) kubeletDecisions {
	return kubeletDecisions{settings: s, below: math.MinInt64, above: math.MaxInt64, least: math.MinInt64, most: math.MaxInt64}
}

// full notes the use of a disk, and reports whether it reaches the high threshold.
func (d *kubeletDecisions) full(capacity, free int64) bool {
	percent := 100 - portion(free, 100, capacity)
	if percent < int64(d.settings.HighThresholdPercent) {
		d.below = max(d.below, percent)
		return false
	}
	d.above = min(d.above, percent)
	return true
}

// evicted notes an eviction by its reported sizes, of all candidates and of the last one. It went on until it had freed
// enough, or until no candidate was left.
func (d *kubeletDecisions) evicted(capacity, free, freed, last int64) {
	d.unknown = d.unknown || d.capacity != 0 && d.capacity != capacity
	d.capacity = capacity
	if d.target(d.settings) > free+freed {
		d.least = max(d.least, free+freed)
		return
	}
	d.least, d.most = max(d.least, free+freed-last), min(d.most, free+freed)
}

// target returns the bytes that settings leave free after an eviction.
func (d *kubeletDecisions) target(s KubeletSettings) int64 { return s.target(d.capacity) }

// Repeat implements [Decisions]. It knows about other thresholds of the use of the disk.
func (d *kubeletDecisions) Repeat(other Policy) (more int64, same bool) {
	k, ok := other.(*Kubelet)
	if !ok || d.unknown || d.settings.Eviction.enabled() {
		return 0, false
	}
	mine, others := d.settings, k.settings
	mine.HighThresholdPercent, mine.LowThresholdPercent = others.HighThresholdPercent, others.LowThresholdPercent
	never := func(s KubeletSettings) bool { return s.HighThresholdPercent == 100 }
	high := int64(others.HighThresholdPercent)
	if mine != others || never(d.settings) != never(others) || high <= d.below || high > d.above {
		return 0, false
	}
	if d.capacity == 0 {
		return 0, true
	}
	target := d.target(others)
	return target - d.target(d.settings), d.least < target && target <= d.most
}

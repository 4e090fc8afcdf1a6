package policy

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Future knows all later uses of candidates.
type Future interface {
	// NextUse returns the time of the next use of a candidate, at or after a time; false if it is never used again.
	NextUse(id string, after time.Time) (at time.Time, ok bool)
}

// Uses is a [Future] as a table: the times at which each ID is used, ascending.
type Uses map[string][]time.Time

// NextUse implements [Future].
func (u Uses) NextUse(id string, after time.Time) (time.Time, bool) {
	times := u[id]
	at, _ := slices.BinarySearchFunc(times, after, time.Time.Compare)
	if at == len(times) {
		return time.Time{}, false
	}
	return times[at], true
}

// ClairvoyantSettings are the settings of [Clairvoyant].
type ClairvoyantSettings struct {
	Watermark

	// Idle evicts candidates whose next use is further away than this. 0 evicts only candidates that are never used
	// again. A smaller value uses less disk and pulls more.
	Idle time.Duration
}

var clairvoyantParams = append(
	watermarkParams(func(s *ClairvoyantSettings) *Watermark { return &s.Watermark }),
	spec.Param[ClairvoyantSettings]{Key: "idle", Doc: "evict a candidate whose next use is further away; 0s for never", Value: func(s *ClairvoyantSettings) spec.Value { return spec.Duration(&s.Idle, 0) }},
)

// Clairvoyant knows the future. It is the reference with which other policies are compared. It evicts a candidate as
// soon as it is never used again, which costs nothing. When the disk is too full, it first evicts the candidate with
// the largest product of size and time to its next use: Belady's rule for candidates of different sizes. It is not
// optimal; the optimum takes exponential time to find.
//
// A build record stays while its children stay.
type Clairvoyant struct {
	settings ClairvoyantSettings
	future   Future
}

// NewClairvoyant returns the policy. It keeps future and only reads it. Error: ErrInvalidArgument for settings out of
// range and for a nil future.
func NewClairvoyant(s ClairvoyantSettings, future Future) (*Clairvoyant, error) {
	const name = "clairvoyant"
	switch {
	case future == nil:
		return nil, invalid(name, "", "the future of this load is unknown")
	case s.Idle < 0:
		return nil, invalid(name, "idle", "%s is negative", s.Idle)
	}
	if err := s.check(name); err != nil {
		return nil, err
	}
	return &Clairvoyant{s, future}, nil
}

// Rhythm implements [Policy].
func (v *Clairvoyant) Rhythm() Rhythm { return Rhythm{Every: v.settings.Every} }

// Release implements [Policy]. Errors: [ErrShort], [ErrNoDisk], those of Remove.
func (v *Clairvoyant) Release(now time.Time, node Node) error {
	var failed []error
	useless := func(c Candidate) bool {
		wait, again := v.wait(c, now)
		return removable(c) && (!again || v.settings.Idle > 0 && wait > v.settings.Idle)
	}
	inOrder(node.Candidates(), useless, byID, func(c Candidate) (gone, more bool) {
		err := node.Remove(c.ID)
		failed = append(failed, err)
		return err == nil, true
	})
	need, err := v.settings.need(v, node)
	if err == nil && need > 0 {
		cost := map[string]float64{}
		for _, c := range node.Candidates() {
			if wait, again := v.wait(c, now); again {
				cost[c.ID] = wait.Seconds() * float64(c.Size)
			}
		}
		err = evict(v, node, need, func(a, b Candidate) int { return cmp.Compare(cost[b.ID], cost[a.ID]) })
	}
	return errors.Join(append(failed, err)...)
}

// wait returns the time from now to the next use of a candidate; false if it is never used again.
func (v *Clairvoyant) wait(c Candidate, now time.Time) (time.Duration, bool) {
	at, again := v.future.NextUse(c.ID, now)
	return at.Sub(now), again
}

// Clone implements [Policy]. The clone shares the future.
func (v *Clairvoyant) Clone() Policy { return &Clairvoyant{v.settings, v.future} }

// Name implements [Policy].
func (v *Clairvoyant) Name() string { return "clairvoyant" }

// String implements [Policy].
func (v *Clairvoyant) String() string {
	return "clairvoyant:" + spec.Print(clairvoyantParams, v.settings)
}

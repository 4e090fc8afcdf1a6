package policy

import (
	"cmp"
	"errors"
	"time"
)

// ClairvoyantSettings are what a clairvoyant minds.
type ClairvoyantSettings struct {
	Watermark

	// Idle lets go at once of what is not used for longer than that from now; 0
	// of nothing but what is never used again. The smaller, the less is on the
	// disk and the more is pulled again: the bounds at each price.
	Idle time.Duration
}

var clairvoyantParams = append(
	watermarkParams(func(s *ClairvoyantSettings) *Watermark { return &s.Watermark }),
	param[ClairvoyantSettings]{"idle", "time to the next use from which on something goes at once; 0s for never", func(s *ClairvoyantSettings) any { return &s.Idle }},
)

// Clairvoyant knows the future: the bound that policies which don't are measured
// by. What is never used again goes at once, which costs nothing. When there is too
// much on the disk, that goes first which takes the most room for the longest time
// until its next use (size times wait), as Belady's rule has it for sizes that
// differ. That is not the optimum, which takes exponential time to find, but
// close to it.
//
// A build record whose children stay has to stay, whatever its own future.
type Clairvoyant struct {
	settings ClairvoyantSettings
	future   Future
}

// NewClairvoyant returns the policy. It only reads the future. Error:
// ErrInvalidArgument for settings out of range and for no future.
func NewClairvoyant(s ClairvoyantSettings, future Future) (*Clairvoyant, error) {
	switch {
	case future == nil:
		return nil, invalid("policy %q: this load has no known future", "clairvoyant")
	case s.Idle < 0:
		return nil, invalid("policy %q: key %q: %s is negative", "clairvoyant", "idle", s.Idle)
	}
	if err := s.check("clairvoyant"); err != nil {
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
		err = bring(v, node, need, func(a, b Candidate) int { return cmp.Compare(cost[b.ID], cost[a.ID]) })
	}
	return errors.Join(append(failed, err)...)
}

// wait is how long from now it is until a candidate is used; false for never.
func (v *Clairvoyant) wait(c Candidate, now time.Time) (time.Duration, bool) {
	at, again := v.future.NextUse(c.ID, now)
	return at.Sub(now), again
}

// Clone implements [Policy]. The clone has the same future.
func (v *Clairvoyant) Clone() Policy { return &Clairvoyant{v.settings, v.future} }

// Name implements [Policy].
func (v *Clairvoyant) Name() string { return "clairvoyant" }

// String implements [Policy].
func (v *Clairvoyant) String() string {
	return "clairvoyant:" + printParams(clairvoyantParams, v.settings)
}

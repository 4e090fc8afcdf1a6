package policy

import (
	"cmp"
	"errors"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// TTLSettings are the settings of [TTL].
type TTLSettings struct {
	// After is the time from a candidate's last use, or its creation if it was never used, to its eviction. It applies
	// to candidates without an expiry of their own. 0 is never.
	After time.Duration

	// Every is the time between two checks. Above 0.
	Every time.Duration
}

var ttlDefaults = TTLSettings{Every: 5 * time.Minute}

var ttlParams = []spec.Param[TTLSettings]{
	{Key: "after", Doc: "time without use after which a candidate without gc.expire is evicted; 0s for never", Value: func(s *TTLSettings) spec.Value { return spec.Duration(&s.After, 0) }},
	{Key: "every", Doc: "time between two checks", Value: func(s *TTLSettings) spec.Value { return spec.Duration(&s.Every, 1) }},
}

// TTL removes candidates whose label containerd.io/gc.expire has passed, at the next check. Like containerd's collector
// it removes them even if they are in use or pinned; a container keeps its snapshots.
type TTL struct{ settings TTLSettings }

// NewTTL returns the policy. Error: ErrInvalidArgument for a duration out of range.
func NewTTL(s TTLSettings) (*TTL, error) {
	switch {
	case s.After < 0:
		return nil, invalid("ttl", "after", "%s is negative", s.After)
	case s.Every <= 0:
		return nil, invalid("ttl", "every", "%s is not above 0", s.Every)
	}
	return &TTL{s}, nil
}

// Rhythm implements [Policy].
func (t *TTL) Rhythm() Rhythm { return Rhythm{Every: t.settings.Every} }

// Release implements [Policy]. Errors: those of Remove, joined.
func (t *TTL) Release(now time.Time, node Node) error {
	var failed []error
	oldest := func(a, b Candidate) int { return cmp.Or(a.Expire.Compare(b.Expire), lastUse(a).Compare(lastUse(b))) }
	inOrder(node.Candidates(), func(c Candidate) bool { return t.expired(c, now) }, oldest, func(c Candidate) (gone, more bool) {
		err := node.Remove(c.ID)
		failed = append(failed, err)
		return err == nil, true
	})
	return errors.Join(failed...)
}

func (t *TTL) expired(c Candidate, now time.Time) bool {
	switch {
	case c.Kind == Build && c.InUse: // a running build holds the record regardless of labels
		return false
	case !c.Expire.IsZero():
		return now.After(c.Expire)
	case t.settings.After == 0:
		return false
	}
	return removable(c) && now.After(lastUse(c).Add(t.settings.After))
}

// Clone implements [Policy].
func (t *TTL) Clone() Policy { return &TTL{t.settings} }

// Name implements [Policy].
func (t *TTL) Name() string { return "ttl" }

// String implements [Policy].
func (t *TTL) String() string { return "ttl:" + spec.Print(ttlParams, t.settings) }

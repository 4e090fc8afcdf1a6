package policy

import (
	"cmp"
	"errors"
	"time"
)

// TTLSettings are how long things live.
type TTLSettings struct {
	// After is how long after its last use, or else its creation, goes what
	// carries no expiry of its own; 0 for never.
	After time.Duration

	// Every is how often to look. Above 0.
	Every time.Duration
}

var ttlDefaults = TTLSettings{Every: 5 * time.Minute}

var ttlParams = []param[TTLSettings]{
	{"after", "time without use after which goes what carries no gc.expire; 0s for never", func(s *TTLSettings) any { return &s.After }},
	{"every", "how often to look", func(s *TTLSettings) any { return &s.Every }},
}

// TTL lets go of what its label containerd.io/gc.expire says has expired, whether
// or not it is in use, pinned or anything else, just as containerd's collector
// does: a container keeps what it runs on. Not at the moment itself, but after it.
type TTL struct{ settings TTLSettings }

// NewTTL returns the policy. Error: ErrInvalidArgument for a duration out of range.
func NewTTL(s TTLSettings) (*TTL, error) {
	switch {
	case s.After < 0:
		return nil, invalid("policy %q: key %q: %s is negative", "ttl", "after", s.After)
	case s.Every <= 0:
		return nil, invalid("policy %q: key %q: %s is not above 0", "ttl", "every", s.Every)
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
	case c.Kind == Build && c.InUse: // a build holds it, which is not a label's affair
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
func (t *TTL) String() string { return "ttl:" + printParams(ttlParams, t.settings) }

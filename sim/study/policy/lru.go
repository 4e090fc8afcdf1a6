package policy

import "time"

// LRU lets go of what was used longest ago, images and build records alike, when
// there is too much. What was never used counts from when it was created. Unlike
// kubelet it knows when each was last used, and spares nothing for being new.
type LRU struct{ mark Watermark }

var lruParams = watermarkParams(func(w *Watermark) *Watermark { return w })

// NewLRU returns the policy. Error: ErrInvalidArgument for a mark out of range.
func NewLRU(w Watermark) (*LRU, error) {
	if err := w.check("lru"); err != nil {
		return nil, err
	}
	return &LRU{w}, nil
}

// Rhythm implements [Policy].
func (l *LRU) Rhythm() Rhythm { return Rhythm{Every: l.mark.Every} }

// Release implements [Policy]. Errors: [ErrShort], [ErrNoDisk], those of Remove.
func (l *LRU) Release(_ time.Time, node Node) error {
	need, err := l.mark.need(l, node)
	if err != nil {
		return err
	}
	return bring(l, node, need, func(a, b Candidate) int { return lastUse(a).Compare(lastUse(b)) })
}

// Clone implements [Policy].
func (l *LRU) Clone() Policy { return &LRU{l.mark} }

// Name implements [Policy].
func (l *LRU) Name() string { return "lru" }

// String implements [Policy].
func (l *LRU) String() string { return "lru:" + printParams(lruParams, l.mark) }

// lastUse is when a candidate was last used, or else created.
func lastUse(c Candidate) time.Time {
	if c.LastUsed.IsZero() {
		return c.Created
	}
	return c.LastUsed
}

package policy

import (
	"errors"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Watermark says when a disk is too full, and how much to evict. Unlike kubelet's thresholds it is exact to the byte.
type Watermark struct {
	// HighPercent is the use of the disk at which eviction starts; 100 is a full disk.
	HighPercent int

	// LowPercent is the use of the disk at which eviction stops. At most HighPercent.
	LowPercent int

	// Every is the time between two checks. Above 0.
	Every time.Duration
}

// watermarkDefaults are kubelet's.
var watermarkDefaults = Watermark{HighPercent: 85, LowPercent: 80, Every: 5 * time.Minute}

func watermarkParams[S any](of func(*S) *Watermark) []spec.Param[S] {
	return []spec.Param[S]{
		{Key: "high", Doc: "percent of the disk in use that starts eviction", Value: func(s *S) spec.Value { return spec.Percent(&of(s).HighPercent) }},
		{Key: "low", Doc: "percent of the disk in use that ends eviction", Value: func(s *S) spec.Value { return spec.Percent(&of(s).LowPercent) }},
		{Key: "every", Doc: "time between two checks", Value: func(s *S) spec.Value { return spec.Duration(&of(s).Every, 1) }},
	}
}

func (w Watermark) check(name string) error {
	switch {
	case w.HighPercent < 0 || w.HighPercent > 100:
		return invalid(name, "high", "%d is not a percentage from 0 to 100", w.HighPercent)
	case w.LowPercent < 0 || w.LowPercent > w.HighPercent:
		return invalid(name, "low", "%d is above high=%d", w.LowPercent, w.HighPercent)
	case w.Every <= 0:
		return invalid(name, "every", "%s is not above 0", w.Every)
	}
	return nil
}

// need returns the number of bytes to evict; 0 below the mark.
func (w Watermark) need(p Policy, node Node) (int64, error) {
	capacity, free := node.Disk()
	if capacity <= 0 {
		return 0, noDisk(p)
	}
	used := capacity - max(min(free, capacity), 0)
	if capacity-used > portion(capacity, int64(100-w.HighPercent), 100) {
		return 0, nil
	}
	return max(used-portion(capacity, int64(w.LowPercent), 100), 0), nil
}

// evict removes candidates in order until the sum of their sizes reaches need. It skips candidates that the node
// refuses to remove. Errors: [ErrShort] and those of Remove.
func evict(p Policy, node Node, need int64, order func(a, b Candidate) int) error {
	if need == 0 {
		return nil
	}
	freed := int64(0)
	var failed []error
	inOrder(node.Candidates(), removable, order, func(c Candidate) (gone, more bool) {
		if err := node.Remove(c.ID); err != nil {
			failed = append(failed, err)
			return false, true
		}
		freed += c.Size
		return true, freed < need
	})
	if freed < need {
		failed = append(failed, &ShortError{p.Name(), need, freed})
	}
	return errors.Join(failed...)
}

func removable(c Candidate) bool { return !c.InUse && !c.Pinned }

// LRU evicts the least recently used images and build records when the disk is too full. A candidate that was never
// used counts as used when it was created. Unlike kubelet, LRU knows the time of each use and has no minimum age.
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
	return evict(l, node, need, func(a, b Candidate) int { return lastUse(a).Compare(lastUse(b)) })
}

// Mark returns the use of the disk at which eviction starts, in percent.
func (l *LRU) Mark() int { return l.mark.HighPercent }

// Clone implements [Policy].
func (l *LRU) Clone() Policy { return &LRU{l.mark} }

// Name implements [Policy].
func (l *LRU) Name() string { return "lru" }

// String implements [Policy].
func (l *LRU) String() string { return "lru:" + spec.Print(lruParams, l.mark) }

// lastUse returns the time of a candidate's last use, or of its creation if it was never used.
func lastUse(c Candidate) time.Time {
	if c.LastUsed.IsZero() {
		return c.Created
	}
	return c.LastUsed
}

package policy

import (
	"errors"
	"time"
)

// A Watermark is when there is too much on a disk, and how much should go. Unlike
// kubelet's thresholds it is exact to the byte.
type Watermark struct {
	// HighPercent of the disk in use, or more, is too much; 100 is a full disk.
	HighPercent int

	// LowPercent is what to bring the use down to. Not above HighPercent.
	LowPercent int

	// Every is how often to look. Above 0.
	Every time.Duration
}

// watermarkDefaults are kubelet's.
var watermarkDefaults = Watermark{HighPercent: 85, LowPercent: 80, Every: 5 * time.Minute}

func watermarkParams[S any](of func(*S) *Watermark) []param[S] {
	return []param[S]{
		{"high", "percent of the disk in use that is too much", func(s *S) any { return (*percent)(&of(s).HighPercent) }},
		{"low", "percent of the disk in use to come down to", func(s *S) any { return (*percent)(&of(s).LowPercent) }},
		{"every", "how often to look", func(s *S) any { return &of(s).Every }},
	}
}

func (w Watermark) check(name string) error {
	switch {
	case w.HighPercent < 0 || w.HighPercent > 100:
		return invalid("policy %q: key %q: %d is not a percentage from 0 to 100", name, "high", w.HighPercent)
	case w.LowPercent < 0 || w.LowPercent > w.HighPercent:
		return invalid("policy %q: key %q: %d is above high=%d", name, "low", w.LowPercent, w.HighPercent)
	case w.Every <= 0:
		return invalid("policy %q: key %q: %s is not above 0", name, "every", w.Every)
	}
	return nil
}

// need is how many bytes should go; 0 below the mark.
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

// bring lets go of candidates in order until need bytes are freed, by their sizes.
// One that can't be removed is left out. Errors: [ErrShort] and what Remove returned.
func bring(p Policy, node Node, need int64, order func(a, b Candidate) int) error {
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
		failed = append(failed, short(p.Name(), need, freed))
	}
	return errors.Join(failed...)
}

func removable(c Candidate) bool { return !c.InUse && !c.Pinned }

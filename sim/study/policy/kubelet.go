package policy

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"time"
)

// KubeletSettings are those of kubelet's image GC, under the names of its
// configuration without "image" and "GC".
type KubeletSettings struct {
	// HighThresholdPercent of the disk in use begins a collection of images. The
	// rounding makes it begin one percent earlier: 85 begins above 84 %. 100
	// never begins one.
	HighThresholdPercent int

	// LowThresholdPercent is what a collection brings the use down to, by the
	// sizes that the runtime reports. Below HighThresholdPercent.
	LowThresholdPercent int

	// MinimumAge is how long ago an image must have been seen first to go for
	// want of room.
	MinimumAge time.Duration

	// MaximumAge is how long after its last use an image goes, room or none; 0
	// for never. Above MinimumAge if not 0.
	MaximumAge time.Duration
}

// KubeletDefaults are kubelet's.
func KubeletDefaults() KubeletSettings {
	return KubeletSettings{HighThresholdPercent: 85, LowThresholdPercent: 80, MinimumAge: 2 * time.Minute}
}

var kubeletParams = []param[KubeletSettings]{
	{"high", "percent of the disk in use that begins a collection; 100 for never", func(s *KubeletSettings) any { return (*percent)(&s.HighThresholdPercent) }},
	{"low", "percent of the disk in use at which it ends", func(s *KubeletSettings) any { return (*percent)(&s.LowThresholdPercent) }},
	{"minage", "least time since an image was first seen", func(s *KubeletSettings) any { return &s.MinimumAge }},
	{"maxage", "time without use after which an image goes anyway; 0s for never", func(s *KubeletSettings) any { return &s.MaximumAge }},
}

// Kubelet is kubelet's image GC. It sees the node at each Release only, every
// five minutes: an image's age counts from when it was first seen, and its last
// use is when it was last seen in use, not when that was. It acts on images.
//
// What is freed counts by the reported sizes, each image whole, and the disk is
// not read again on the way: images that share layers free less than they say,
// compressed sizes less than what is on the disk.
type Kubelet struct {
	settings KubeletSettings
	began    time.Time // of the first Release; zero before
	seen     map[string]sighting
}

// A sighting is what kubelet remembers of an image.
type sighting struct {
	first time.Time
	used  time.Time // zero: never seen in use
}

// NewKubelet returns a kubelet that has seen nothing. It starts with its first
// Release. Error: ErrInvalidArgument for thresholds or ages out of range.
func NewKubelet(s KubeletSettings) (*Kubelet, error) {
	switch {
	case s.HighThresholdPercent < 0 || s.HighThresholdPercent > 100:
		return nil, invalid("policy %q: key %q: %d is not a percentage from 0 to 100", "kubelet", "high", s.HighThresholdPercent)
	case s.LowThresholdPercent < 0 || s.LowThresholdPercent >= s.HighThresholdPercent:
		return nil, invalid("policy %q: key %q: %d is not below high=%d", "kubelet", "low", s.LowThresholdPercent, s.HighThresholdPercent)
	case s.MinimumAge < 0:
		return nil, invalid("policy %q: key %q: %s is negative", "kubelet", "minage", s.MinimumAge)
	case s.MaximumAge != 0 && s.MaximumAge <= s.MinimumAge:
		return nil, invalid("policy %q: key %q: %s is not above minage=%s", "kubelet", "maxage", s.MaximumAge, s.MinimumAge)
	}
	return &Kubelet{settings: s, seen: map[string]sighting{}}, nil
}

// Rhythm is every five minutes. See [Policy].
func (k *Kubelet) Rhythm() Rhythm { return Rhythm{Every: 5 * time.Minute} }

// Clone implements [Policy].
func (k *Kubelet) Clone() Policy {
	c := *k
	c.seen = maps.Clone(k.seen)
	return &c
}

// Name implements [Policy].
func (k *Kubelet) Name() string { return "kubelet" }

// String implements [Policy].
func (k *Kubelet) String() string { return "kubelet:" + printParams(kubeletParams, k.settings) }

// Release looks at the images, lets go of those unused for longer than the maximum
// age, minimum age or not, and then, if the disk is too full, of the longest unused
// first. An image never seen in use counts as unused for ever, but only once
// kubelet has run for longer than the maximum age.
//
// Errors: [ErrShort]; [ErrNoDisk]; what Remove returned, all of them joined. After an
// error at the maximum age it does not go on to the thresholds.
func (k *Kubelet) Release(now time.Time, node Node) error {
	unused := k.unused(now, node)
	s := k.settings
	if s.HighThresholdPercent == 100 && s.MaximumAge == 0 {
		return nil
	}
	unused, err := k.removeOld(now, node, unused)
	if err != nil {
		return err
	}
	capacity, free := node.Disk()
	if capacity <= 0 {
		return noDisk(k)
	}
	free = max(min(free, capacity), 0)
	if 100-portion(free, 100, capacity) < int64(s.HighThresholdPercent) {
		return nil
	}
	need := portion(capacity, int64(100-s.LowThresholdPercent), 100) - free
	freed, err := k.remove(now, node, unused, need)
	if err == nil && freed < need {
		err = short(k.Name(), need, freed)
	}
	return err
}

// Evict is what kubelet's eviction manager has the image GC do when the disk is
// short in spite of it: all that is unused and of the minimum age goes, whatever
// the low threshold. Errors: what Remove returned, joined.
func (k *Kubelet) Evict(now time.Time, node Node) error {
	_, err := k.remove(now, node, k.unused(now, node), math.MaxInt64)
	return err
}

// unused looks at the node and returns the images that may go, longest unused
// first.
func (k *Kubelet) unused(now time.Time, node Node) []Candidate {
	if k.began.IsZero() {
		k.began = now
	}
	images := ofKind(node, Image)
	seen := make(map[string]sighting, len(images))
	for _, c := range images {
		s, known := k.seen[c.ID]
		if !known {
			s.first = now
		}
		if c.InUse {
			s.used = now
		}
		seen[c.ID] = s
	}
	k.seen = seen
	images = slices.DeleteFunc(images, func(c Candidate) bool { return c.InUse || c.Pinned })
	slices.SortStableFunc(images, func(a, b Candidate) int {
		x, y := seen[a.ID], seen[b.ID]
		return cmp.Or(x.used.Compare(y.used), x.first.Compare(y.first))
	})
	return images
}

// removeOld removes what is past the maximum age and returns the rest.
func (k *Kubelet) removeOld(now time.Time, node Node, images []Candidate) ([]Candidate, error) {
	oldest := k.settings.MaximumAge
	if oldest == 0 || now.Sub(k.began) <= oldest {
		return images, nil
	}
	var failed []error
	rest := slices.DeleteFunc(images, func(c Candidate) bool {
		if now.Sub(k.seen[c.ID].used) <= oldest {
			return false
		}
		failed = append(failed, k.removeOne(node, c))
		return true
	})
	return rest, errors.Join(failed...)
}

// remove removes images in order until need bytes are freed, one at least.
func (k *Kubelet) remove(now time.Time, node Node, images []Candidate, need int64) (freed int64, err error) {
	var failed []error
	for _, c := range images {
		s := k.seen[c.ID]
		if !s.used.Before(now) || now.Sub(s.first) < k.settings.MinimumAge {
			continue
		}
		if err := k.removeOne(node, c); err != nil {
			failed = append(failed, err)
			continue
		}
		if freed += c.Size; freed >= need {
			break
		}
	}
	return freed, errors.Join(failed...)
}

func (k *Kubelet) removeOne(node Node, c Candidate) error {
	err := node.Remove(c.ID)
	if err == nil {
		delete(k.seen, c.ID)
	}
	return err
}

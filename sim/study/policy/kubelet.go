package policy

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// KubeletSettings are the settings of kubelet's image GC, named as in its configuration without "image" and "GC".
type KubeletSettings struct {
	// HighThresholdPercent is the use of the disk that starts a collection of images. Rounding starts it one percent
	// earlier: 85 starts above 84 %. 100 never starts one.
	HighThresholdPercent int

	// LowThresholdPercent is the use of the disk, computed from reported sizes, that ends a collection. Below
	// HighThresholdPercent.
	LowThresholdPercent int

	// MinimumAge is the least time since kubelet first saw an image before a full disk evicts it.
	MinimumAge time.Duration

	// MaximumAge is the time since its last use after which an image is removed, even if the disk has space; 0 for
	// never. Above MinimumAge if not 0.
	MaximumAge time.Duration

	// Restart is the time from one start of kubelet to the next; 0 for never.
	Restart time.Duration

	// Eviction has the thresholds of the eviction manager; none by default.
	Eviction Eviction
}

// KubeletDefaults returns kubelet's default settings.
func KubeletDefaults() KubeletSettings {
	return KubeletSettings{HighThresholdPercent: 85, LowThresholdPercent: 80, MinimumAge: 2 * time.Minute}
}

var kubeletParams = []spec.Param[KubeletSettings]{
	{Key: "high", Doc: "percent of the disk in use that starts a collection; 100 for never", Value: func(s *KubeletSettings) spec.Value { return spec.Percent(&s.HighThresholdPercent) }},
	{Key: "low", Doc: "percent of the disk in use that ends a collection", Value: func(s *KubeletSettings) spec.Value { return spec.Percent(&s.LowThresholdPercent) }},
	{Key: "minage", Doc: "least time since kubelet first saw an image", Value: func(s *KubeletSettings) spec.Value { return spec.Duration(&s.MinimumAge, 0) }},
	{Key: "maxage", Doc: "time without use after which an image is removed in any case; 0s for never", Value: func(s *KubeletSettings) spec.Value { return spec.Duration(&s.MaximumAge, 0) }},
	{Key: "hard", Doc: "free space below which the eviction manager removes all unused images", Value: func(s *KubeletSettings) spec.Value {
		return omitZero[Amount]{spec.Space(&s.Eviction.Hard, Amount{}), &s.Eviction.Hard}
	}},
	{Key: "soft", Doc: "likewise, after the grace period", Value: func(s *KubeletSettings) spec.Value {
		return omitZero[Amount]{spec.Space(&s.Eviction.Soft, Amount{}), &s.Eviction.Soft}
	}},
	{Key: "grace", Doc: "grace period of soft", Value: func(s *KubeletSettings) spec.Value {
		return omitZero[time.Duration]{spec.Duration(&s.Eviction.Grace, 0), &s.Eviction.Grace}
	}},
	{Key: "reclaim", Doc: "space beyond hard and soft that must be free again", Value: func(s *KubeletSettings) spec.Value {
		return omitZero[Amount]{spec.Space(&s.Eviction.MinReclaim, Amount{}), &s.Eviction.MinReclaim}
	}},
	{Key: "restart", Doc: "time from one start of kubelet to the next: each forgets the ages of images; 0s for never", Value: func(s *KubeletSettings) spec.Value {
		return omitZero[time.Duration]{spec.Duration(&s.Restart, 0), &s.Restart}
	}},
}

// Kubelet is kubelet's image GC. It acts on images. It observes the node only at each Release, every five minutes: an
// image's age counts from the first observation, and its last use is the last observation of it in use.
//
// Kubelet counts the reported size of each removed image as freed and does not read the disk again. Images that share
// layers free less than their sizes; images whose reported size is compressed free more.
//
// A restart forgets these times: all images count as new. Those in use have their last use at the restart. For the
// others none is known, so they go first, whenever they were used before. MinimumAge and MaximumAge count from the
// restart. So a kubelet that restarts more often than MaximumAge removes no image for its age, and one that restarts
// every five minutes or more often collects nothing at all. Crossed thresholds of the eviction manager and their grace
// periods start anew.
//
// It is compared with the image manager and the eviction manager of Kubernetes v1.37.2, restarts included.
type Kubelet struct {
	settings KubeletSettings
	began    time.Time // of the first Release, or the last restart; zero before
	seen     sightings
	decided  kubeletDecisions
	manager  evictionManager

	// Only with an eviction manager:
	collect time.Time // time of the next collection of images
	observe time.Time // time of the next observation of images
}

// Sightings are the memory of observations.
type sightings struct {
	images map[string]sighting // by ID; those of the last observation, without images that were removed since
	last   time.Time           // time of the last observation
	mark   int                 // of the last observation of a [Tracker]
}

// A sighting is the memory of an image. Invariant: first <= used unless used is zero.
type sighting struct {
	first time.Time // the first observation
	used  time.Time // the last observation in use; zero if there is none. Of an image in use: a value of no meaning
	inUse bool      // in the last observation
}

// see observes the images of a node.
func (s *sightings) see(now time.Time, node Node) {
	if t, ok := node.(Tracker); ok {
		var changes []Change
		changes, s.mark = t.Changes(s.mark)
		for _, c := range changes {
			if c.Gone {
				delete(s.images, c.ID)
			} else {
				s.note(c.ID, c.InUse, now)
			}
		}
	} else {
		list := ofKind(node, Image)
		for i := range list {
			s.note(list[i].ID, list[i].InUse, now)
		}
		if len(s.images) > len(list) {
			maps.DeleteFunc(s.images, func(id string, _ sighting) bool {
				_, found := find(list, id)
				return !found
			})
		}
	}
	s.last = now
}

// note observes one image.
func (s *sightings) note(id string, inUse bool, now time.Time) {
	image, known := s.images[id]
	if known && image.inUse == inUse {
		return
	}
	if !known {
		image.first = now
	}
	if image.inUse {
		image.used = s.last
	}
	image.inUse = inUse
	if s.images == nil {
		s.images = map[string]sighting{}
	}
	s.images[id] = image
}

// NewKubelet returns a policy without observations. It starts with its first Release. Error: ErrInvalidArgument for
// thresholds or ages out of range.
func NewKubelet(s KubeletSettings) (*Kubelet, error) {
	switch {
	case s.HighThresholdPercent < 0 || s.HighThresholdPercent > 100:
		return nil, invalid("kubelet", "high", "%d is not a percentage from 0 to 100", s.HighThresholdPercent)
	case s.LowThresholdPercent < 0 || s.LowThresholdPercent >= s.HighThresholdPercent:
		return nil, invalid("kubelet", "low", "%d is not below high=%d", s.LowThresholdPercent, s.HighThresholdPercent)
	case s.MinimumAge < 0:
		return nil, invalid("kubelet", "minage", "%s is negative", s.MinimumAge)
	case s.Restart < 0:
		return nil, invalid("kubelet", "restart", "%s is negative", s.Restart)
	case s.Eviction.Grace < 0:
		return nil, invalid("kubelet", "grace", "%s is negative", s.Eviction.Grace)
	case s.MaximumAge != 0 && s.MaximumAge <= s.MinimumAge:
		return nil, invalid("kubelet", "maxage", "%s is not above minage=%s", s.MaximumAge, s.MinimumAge)
	}
	return &Kubelet{settings: s, decided: newKubeletDecisions(s)}, nil
}

// Rhythm is every five minutes; with an eviction manager, every ten seconds.
func (k *Kubelet) Rhythm() Rhythm {
	if k.settings.Eviction.enabled() {
		return Rhythm{Every: housekeeping}
	}
	return Rhythm{Every: imageGC}
}

// Mark returns the use of the disk at which eviction starts, in percent.
func (k *Kubelet) Mark() int { return k.settings.HighThresholdPercent }

// Clone implements [Policy].
func (k *Kubelet) Clone() Policy {
	c := *k
	c.seen.images = maps.Clone(k.seen.images) // the maps of manager never change
	return &c
}

// Name implements [Policy].
func (k *Kubelet) Name() string { return "kubelet" }

// String implements [Policy].
func (k *Kubelet) String() string { return "kubelet:" + spec.Print(kubeletParams, k.settings) }

// Release observes the images. It removes those unused for longer than the maximum age, whatever their minimum age.
// Then, if the disk is too full, it removes the least recently used images. An image never observed in use counts as
// unused forever, but only after kubelet has run for longer than the maximum age.
//
// Errors: [ErrShort], [ErrNoDisk], and those of Remove, joined. After an error at the maximum age, Release skips the
// thresholds.
//
// With an eviction manager, Release does so every five minutes, and then compares the free space with the thresholds.
// The first collection is five minutes after kubelet's start, which is ten seconds before the first call. Release also
// observes the images at the first call, and every five minutes after it, as kubelet does without a collection. In
// kubelet, the three have loops of their own. Here, collections and observations are a millisecond before now.
//
// The call at or after the time of a restart restarts kubelet and does nothing else. Without an eviction manager it
// observes the images, as kubelet does at its start; the first collection is five minutes later.
func (k *Kubelet) Release(now time.Time, node Node) error {
	if s := k.settings; s.Restart != 0 && !k.began.IsZero() && now.Sub(k.began) >= s.Restart {
		k.restart(now, node)
		return nil
	}
	if !k.settings.Eviction.enabled() {
		return k.collectImages(now, node)
	}
	if k.began.IsZero() {
		k.began = now.Add(-housekeeping)
		k.collect, k.observe = k.began.Add(imageGC), now
	}
	var failed []error
	before := now.Add(-time.Millisecond)
	if s := k.settings; (s.HighThresholdPercent < 100 || s.MaximumAge != 0) && !now.Before(k.collect) {
		k.collect = now.Add(imageGC)
		failed = append(failed, k.collectImages(before, node))
	}
	if !now.Before(k.observe) {
		k.observe = now.Add(imageGC)
		k.see(before, node)
	}
	if !now.Before(k.manager.next) {
		failed = append(failed, k.check(now, node))
	}
	return errors.Join(failed...)
}

// restart starts kubelet anew.
func (k *Kubelet) restart(now time.Time, node Node) {
	k.began, k.seen, k.manager = now, sightings{}, evictionManager{}
	k.collect, k.observe = now.Add(imageGC), now.Add(housekeeping)
	if !k.settings.Eviction.enabled() {
		k.see(now, node)
	}
}

func (k *Kubelet) collectImages(now time.Time, node Node) error {
	k.see(now, node)
	s := k.settings
	if s.HighThresholdPercent == 100 && s.MaximumAge == 0 {
		return nil
	}
	var unused []Candidate
	aged := s.MaximumAge != 0 && now.Sub(k.began) > s.MaximumAge
	if aged {
		var err error
		if unused, err = k.removeOld(now, node, k.leastUsed(node)); err != nil {
			return err
		}
	}
	capacity, free := node.Disk()
	if capacity <= 0 {
		return noDisk(k)
	}
	free = max(min(free, capacity), 0)
	if !k.decided.full(capacity, free) {
		return nil // most calls end here, before the images are listed
	}
	if !aged {
		unused = k.leastUsed(node)
	}
	need := s.target(capacity) - free
	freed, last, err := k.remove(now, node, unused, need)
	k.decided.evicted(capacity, free, freed, last)
	if err == nil && freed < need {
		err = &ShortError{k.Name(), need, freed}
	}
	return err
}

// target returns the bytes to leave free after an eviction.
func (s KubeletSettings) target(capacity int64) int64 {
	return portion(capacity, int64(100-s.LowThresholdPercent), 100)
}

// Decisions implements [Decider].
func (k *Kubelet) Decisions() Decisions {
	d := k.decided
	return &d
}

// Evict removes all unused images of at least the minimum age, regardless of the low threshold. Kubelet's eviction
// manager does this when the disk stays too full. Errors: those of Remove, joined.
func (k *Kubelet) Evict(now time.Time, node Node) error {
	k.see(now, node)
	_, _, err := k.remove(now, node, k.leastUsed(node), math.MaxInt64)
	return err
}

// see observes the images of a node.
func (k *Kubelet) see(now time.Time, node Node) {
	if k.began.IsZero() {
		k.began = now
	}
	k.seen.see(now, node)
}

// leastUsed returns the images that may be removed, least recently used first. It follows an observation.
func (k *Kubelet) leastUsed(node Node) []Candidate {
	images := slices.DeleteFunc(ofKind(node, Image), func(c Candidate) bool { return c.InUse || c.Pinned })
	slices.SortStableFunc(images, func(a, b Candidate) int {
		x, y := k.seen.images[a.ID], k.seen.images[b.ID]
		return cmp.Or(x.used.Compare(y.used), x.first.Compare(y.first))
	})
	return images
}

// removeOld removes images past the maximum age and returns the rest.
func (k *Kubelet) removeOld(now time.Time, node Node, images []Candidate) ([]Candidate, error) {
	oldest := k.settings.MaximumAge
	var failed []error
	rest := slices.DeleteFunc(images, func(c Candidate) bool {
		if now.Sub(k.seen.images[c.ID].used) <= oldest {
			return false
		}
		failed = append(failed, k.removeOne(node, c))
		return true
	})
	return rest, errors.Join(failed...)
}

// remove removes images in order until need bytes are freed, at least one image. Last is the size of the last one.
func (k *Kubelet) remove(now time.Time, node Node, images []Candidate, need int64) (freed, last int64, err error) {
	var failed []error
	for _, c := range images {
		s := k.seen.images[c.ID]
		if !s.used.Before(now) || now.Sub(s.first) < k.settings.MinimumAge {
			continue
		}
		if err := k.removeOne(node, c); err != nil {
			failed = append(failed, err)
			continue
		}
		last = c.Size
		if freed += c.Size; freed >= need {
			break
		}
	}
	return freed, last, errors.Join(failed...)
}

func (k *Kubelet) removeOne(node Node, c Candidate) error {
	err := node.Remove(c.ID)
	if err == nil {
		delete(k.seen.images, c.ID)
	}
	return err
}

package policy

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// Eviction are the thresholds of kubelet's eviction manager for the file system of the images: the signals
// imagefs.available, and on a node with one disk also nodefs.available and containerfs.available. The zero value is a
// kubelet without eviction manager.
//
// The signals of inodes (imagefs.inodesFree and others), to which kubelet reacts in the same way, are left out. A
// [Node] would have to know its inodes, and no load does: profiles, traces and meta.db have the bytes of layers and
// containers, never their files, and nobody publishes files per image. Only a snapshotter's own database has inodes,
// and only of the committed snapshots that are on the node already.
type Eviction struct {
	// Hard is the free space below which kubelet acts at once.
	Hard Amount

	// Soft is the free space below which kubelet acts after the grace period.
	Soft  Amount
	Grace time.Duration

	// MinReclaim is the space beyond a threshold that must be free again.
	MinReclaim Amount

	// ImagesOnly is true if containers have a file system of their own: dead containers are left then.
	ImagesOnly bool
}

// omitZero is a value that a specification omits if it is zero.
type omitZero[T comparable] struct {
	spec.Value
	field *T
}

func (o omitZero[T]) String() string {
	var zero T
	if *o.field == zero {
		return ""
	}
	return o.Value.String()
}

func (e Eviction) enabled() bool { return e.Hard != (Amount{}) || e.Soft != (Amount{}) }

const (
	housekeeping = 10 * time.Second // between two checks of the eviction manager
	podCleanup   = 30 * time.Second // that it waits for an evicted pod to be gone
	imageGC      = 5 * time.Minute  // between two collections of images
)

// ErrPod is returned when kubelet must evict a pod to free enough bytes.
var ErrPod = errors.New("a pod must be evicted")

// A DeadContainerRemover is a [Node] with containers that exited and still use their images.
type DeadContainerRemover interface {
	// RemoveDeadContainers removes all of them.
	RemoveDeadContainers() error
}

// An evictionManager is the memory of kubelet's eviction manager. Thresholds are indices of Eviction.thresholds.
type evictionManager struct {
	first map[int]time.Time // when a threshold was first crossed
	met   map[int]bool      // thresholds crossed for their grace period, until the space beyond them is free again
	next  time.Time         // of the next check; zero before the first
}

// A threshold is an amount of free space that must not be crossed for longer than a grace period.
type threshold struct {
	free, reclaim int64
	grace         time.Duration
}

// thresholds returns the hard and the soft threshold on a disk with a capacity in bytes.
func (e Eviction) thresholds(capacity int64) (list []threshold) {
	reclaim := quantity(e.MinReclaim, capacity)
	if e.Hard != (Amount{}) {
		list = append(list, threshold{quantity(e.Hard, capacity), reclaim, 0})
	}
	if e.Soft != (Amount{}) {
		list = append(list, threshold{quantity(e.Soft, capacity), reclaim, e.Grace})
	}
	return list
}

// quantity returns the bytes of an amount, with kubelet's rounding: percentages are single-precision fractions.
func quantity(a Amount, capacity int64) int64 {
	if a.Percent == 0 {
		return a.Bytes
	}
	return int64(float64(capacity) * float64(float32(a.Percent)/100))
}

// check acts if the free space is below a threshold for its grace period: it removes dead containers and all unused
// images. If that is too little, kubelet evicts a pod and waits for it to be gone. Errors: [ErrPod] and
// [ErrShort] if a pod must go, [ErrNoDisk], and those of removals.
func (k *Kubelet) check(now time.Time, node Node) error {
	capacity, free := node.Disk()
	if capacity <= 0 {
		return noDisk(k)
	}
	m, all := &k.manager, k.settings.Eviction.thresholds(capacity)
	crossed := map[int]bool{}
	for at, t := range all {
		if free < t.free || m.met[at] && free < t.free+t.reclaim {
			crossed[at] = true
		}
	}
	first, met := map[int]time.Time{}, map[int]bool{}
	for at := range all {
		if !crossed[at] {
			continue
		}
		first[at] = now
		if known, ok := m.first[at]; ok {
			first[at] = known
		}
		if now.Sub(first[at]) >= all[at].grace {
			met[at] = true
		}
	}
	m.first, m.met = first, met
	if len(met) == 0 {
		return nil
	}
	var failed []error
	if r, ok := node.(DeadContainerRemover); ok && !k.settings.Eviction.ImagesOnly {
		failed = append(failed, r.RemoveDeadContainers())
	}
	failed = append(failed, k.Evict(now, node))
	_, left := node.Disk()
	need := int64(0)
	for _, t := range all {
		need = max(need, t.free+t.reclaim-free)
	}
	if left-free < need {
		m.next = now.Add(podCleanup)
		failed = append(failed, fmt.Errorf("%w: %w", ErrPod, &ShortError{k.Name(), need, max(left-free, 0)}))
	}
	return errors.Join(failed...)
}

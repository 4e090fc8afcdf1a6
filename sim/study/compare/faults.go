package compare

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// Faults are faults of nodes: the share of the hours, from 0 to 1, in which something fails on each node. The hours
// depend on the node's seed and not on the policies, so that all policies of a study have the same faults.
//
// No lower bound assumes that a removal succeeds at once, so faults leave the bounds valid.
type Faults struct {
	// Remove is the share of hours in which an image or build record cannot be removed, drawn for each on its own. It
	// stays, and the policy goes on as it does: kubelet with the next image, buildkit never again with this record,
	// docker without the build cache.
	Remove float64 `json:"remove,omitempty"`

	// Snapshotter is the share of hours in which the snapshotter fails when a collection cleans it. The bytes of the
	// removed snapshots stay until a later collection cleans it. As in containerd, only a collection that removes a
	// snapshot, or the first after the removal of a container's, does so. A snapshotter that hangs until the next hour
	// is the same to the disk; in containerd the next collection waits for it, too, which is left out.
	Snapshotter float64 `json:"snapshotter,omitempty"`
}

// A faultKind is a row of the table of faults.
type faultKind struct {
	name, doc string
	share     func(*Faults) *float64
}

var faultKinds = []faultKind{
	{"remove", "share of hours in which an image or build record cannot be removed", func(f *Faults) *float64 { return &f.Remove }},
	{"snapshotter", "share of hours in which a clean-up of the snapshotter fails", func(f *Faults) *float64 { return &f.Snapshotter }},
}

// FaultKinds describes every fault that [ParseFaults] accepts. The caller owns the slice.
func FaultKinds() (list []spec.Row) {
	for _, k := range faultKinds {
		list = append(list, spec.Row{Name: k.name, Doc: k.doc})
	}
	return list
}

// ParseFaults reads faults separated by commas: "remove=2%,snapshotter=0.01". Error: a [*spec.Error], which satisfies
// ErrInvalidArgument.
func ParseFaults(text string) (Faults, error) {
	var f Faults
	seen := map[string]bool{}
	column := 1
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		at := slices.IndexFunc(faultKinds, func(k faultKind) bool { return k.name == name })
		share, err := spec.Quantity(value, spec.FractionUnits)
		problem := ""
		switch {
		case at < 0:
			problem = "unknown; known are " + strings.Join(spec.Names(FaultKinds()), ", ")
		case seen[name]:
			problem = "given twice"
		case err != nil || share > 1:
			problem = fmt.Sprintf("%q is not a share from 0 to 1, such as 0.02 or 2%%", value)
		}
		if problem != "" {
			return Faults{}, &spec.Error{Kind: "fault", Name: name, Column: column, Problem: problem}
		}
		*faultKinds[at].share(&f) = share
		seen[name] = true
		column += len(part) + 1
	}
	return f, nil
}

// String returns the faults as [ParseFaults] reads them; "" for none.
func (f Faults) String() string {
	var parts []string
	for _, k := range faultKinds {
		if share := *k.share(&f); share != 0 {
			parts = append(parts, fmt.Sprintf("%s=%g", k.name, share))
		}
	}
	return strings.Join(parts, ",")
}

// check checks the shares. Error: ErrInvalidArgument.
func (f Faults) check() error {
	for _, k := range faultKinds {
		if share := *k.share(&f); !(share >= 0 && share <= 1) {
			return invalid("fault %q: %v is not a share from 0 to 1", k.name, share)
		}
	}
	return nil
}

// FaultCounts counts the faults of a policy on all nodes.
type FaultCounts struct {
	Removals   int `json:"removals"`    // of images and build records, that failed
	OfRemovals int `json:"of_removals"` // attempts
	Cleanups   int `json:"cleanups"`    // of the snapshotter, that failed
	OfCleanups int `json:"of_cleanups"` // attempts
	Nodes      int `json:"nodes"`       // nodes with failures
}

// faultTally counts the faults of one node.
type faultTally struct {
	Removals   int `json:"removals,omitempty"`
	Cleanups   int `json:"cleanups,omitempty"`
	OfCleanups int `json:"of_cleanups,omitempty"`
}

// counts sums the faults of nodes; nil without faults in the study.
func (f Faults) counts(outcomes []*outcome) *FaultCounts {
	if f == (Faults{}) {
		return nil
	}
	c := &FaultCounts{}
	for _, o := range outcomes {
		c.Removals += o.faults.Removals
		c.OfRemovals += o.faults.Removals + o.evicted
		c.Cleanups += o.faults.Cleanups
		c.OfCleanups += o.faults.OfCleanups
		if o.faults.Removals+o.faults.Cleanups > 0 {
			c.Nodes++
		}
	}
	return c
}

// A faulty node has faults, and if its snapshotter failed, snapshots that no record names any more.
type faulty struct {
	shares Faults
	seed   uint64
	stuck  []*unit
}

// now reports whether a fault with a share of the hours happens at a time. Of names the thing that fails.
func (f *faulty) now(share float64, of string, at time.Time) bool {
	if share == 0 {
		return false
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", of, at.Unix()/3600)
	return rand.New(rand.NewPCG(f.seed, h.Sum64())).Float64() < share
}

// refuses returns the error of a removal that fails.
func (v *view) refuses(id string) error {
	if !v.faulty.now(v.faulty.shares.Remove, "remove "+id, v.Now()) {
		return nil
	}
	v.faults.Removals++
	return fmt.Errorf("candidate %q: injected fault: the removal failed: %w", id, errdefs.ErrUnavailable)
}

// A cleanup is the removal of snapshots by the snapshotter after a collection.
type cleanup struct {
	node   *Node
	fails  bool
	called bool    // there is a snapshot to remove, so the collection cleans the snapshotter
	stuck  []*unit // by earlier clean-ups and, if this one fails, by it
}

// cleanup begins a clean-up of the snapshotter.
func (n *Node) cleanup() cleanup {
	c := cleanup{node: n, fails: n.now(n.shares.Snapshotter, "snapshotter", n.Now()), stuck: n.stuck}
	n.stuck = nil
	return c
}

// gone removes the unit of a snapshot without a record from the disk, unless the snapshotter fails.
func (c *cleanup) gone(u *unit, name string) {
	if c.called = true; c.fails {
		c.stuck = append(c.stuck, u)
		return
	}
	c.node.gone(u, name)
}

// end removes the units of earlier clean-ups that failed, and returns their number.
func (c *cleanup) end() (freed int) {
	n := c.node
	if c.called {
		n.faults.OfCleanups++
	}
	if c.called && c.fails {
		n.faults.Cleanups++
	}
	if !c.called || c.fails {
		n.stuck = c.stuck
		return 0
	}
	for _, u := range c.stuck {
		n.gone(u, "a snapshot")
	}
	return len(c.stuck)
}

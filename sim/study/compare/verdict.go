package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// failures describes the requests that failed or waited for lack of disk space; "" if all nodes served all requests.
func failures(outcomes []*outcome) string {
	nodes, full, failed := 0, 0, 0
	for _, o := range outcomes {
		if o.full > 0 {
			nodes++
		}
		full += o.full
		failed += o.failed
	}
	if full == 0 {
		return ""
	}
	text := "disk full " + timesOf(full)
	if len(outcomes) > 1 {
		text += fmt.Sprintf(" on %d of %d nodes", nodes, len(outcomes))
	}
	if failed > 0 {
		text += fmt.Sprintf("; %d of the requests never ran", failed)
	}
	return text
}

func timesOf(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprint(n, " times")
}

// Short describes the calls in which policies freed fewer bytes than they needed, for example because all images were
// in use or pinned. Kubelet reports such a call with the event FreeDiskSpaceFailed.
type Short struct {
	Calls int   `json:"calls"` // on all nodes
	Nodes int   `json:"nodes"` // nodes with such calls
	Need  int64 `json:"need"`  // bytes to free in the worst of the calls
	Freed int64 `json:"freed"` // bytes freed in that call, by the sizes that the runtime reports
}

func shorts(outcomes []*outcome) *Short {
	s := &Short{}
	for _, o := range outcomes {
		if o.shorts == 0 {
			continue
		}
		s.Calls += o.shorts
		s.Nodes++
		if w := o.worst; w.Need-w.Freed > s.Need-s.Freed {
			s.Need, s.Freed = w.Need, w.Freed
		}
	}
	if s.Calls == 0 {
		return nil
	}
	return s
}

// Idle describes policies that never tried to evict on any node, although evicting is their purpose.
type Idle struct {
	// Disk is a size of the disk in bytes, in whole GB from 2 GB on, on which the use of each node would have reached
	// the policies' mark; 0 if they have none.
	Disk int64 `json:"disk,omitempty"`
}

// A marked policy evicts when the use of the disk reaches a mark.
type marked interface{ Mark() (percent int) }

// idle returns nil if the policies evicted anything or freed too little. It also returns nil for the
// policy that knows the future, which no node can run.
func (p *parsedCombination) idle(outcomes []*outcome, disk, other int64) *Idle {
	least := int64(-1)
	for _, o := range outcomes {
		if o.evicted > 0 || o.shorts > 0 || o.faults.Removals > 0 {
			return nil
		}
		if least < 0 || o.used.peak < least {
			least = o.used.peak
		}
	}
	evicts := slices.ContainsFunc(p.release, func(r policy.Policy) bool { return r.Name() != DefaultRelease })
	if least < 0 || !evicts || p.clairvoyant {
		return nil
	}
	idle := &Idle{}
	for _, r := range p.release {
		m, ok := r.(marked)
		if !ok || m.Mark() <= 0 || m.Mark() >= 100 {
			continue
		}
		idle.Disk = max(idle.Disk, roundDown((least+other)/int64(m.Mark())*100))
	}
	if idle.Disk >= disk || idle.Disk <= other {
		idle.Disk = 0
	}
	return idle
}

// roundDown rounds to whole GB, or a smaller size to one digit.
func roundDown(bytes int64) int64 {
	if bytes >= 2e9 {
		return bytes / 1e9 * 1e9
	}
	unit := int64(1)
	for bytes/unit >= 10 {
		unit *= 10
	}
	return bytes / unit * unit
}

// judge compares the policies with each other. Policies under which requests failed or waited served less than the
// load: failed pulls look like saved ones. If all policies that are meant to evict were idle, the load does not tell
// which policy is better.
func (r *Result) judge() {
	acted := !slices.ContainsFunc(r.Policies, func(p Policy) bool { return p.ranked() && p.Idle != nil }) ||
		slices.ContainsFunc(r.Policies, func(p Policy) bool { return p.ranked() && p.mean(evictions) > 0 })
	for at := range r.Policies {
		p := &r.Policies[at]
		p.Efficient = acted && p.ranked() && !slices.ContainsFunc(r.Policies, func(q Policy) bool { return q.ranked() && q.beats(p) })
	}
}

// ranked reports whether a policy takes part in comparisons.
func (p *Policy) ranked() bool { return !p.Clairvoyant && p.Void == "" }

// beats reports whether p is better than q by one of bytes on the disk and bytes pulled again, and no worse by the
// other.
func (p *Policy) beats(q *Policy) bool {
	a, b := p.mean(meanBytes)-q.mean(meanBytes), p.mean(pulledAgain)-q.mean(pulledAgain)
	return a <= 0 && b <= 0 && (a < 0 || b < 0)
}

func (p *Policy) mean(name string) float64 { return p.Metric(name).Mean }

// Metric returns the metric of a name; the zero Metric if there is none.
func (p *Policy) Metric(name string) Metric {
	if at := slices.IndexFunc(p.Metrics, func(m Metric) bool { return m.Name == name }); at >= 0 {
		return p.Metrics[at]
	}
	return Metric{}
}

// specOf returns the specification of a part of a policy's short name, unchanged in length: "kubelet high=70 low=60" is
// "kubelet:high=70,low=60".
func specOf(name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	return strings.ReplaceAll(strings.Replace(name, " ", ":", 1), " ", ",")
}

package compare

import "time"

// A Result is the result of a study. It is plain data: its JSON is the output of the command with --json, and of a
// WebAssembly host. It does not depend on the machine: one study and one seed give the same bytes.
type Result struct {
	Load     LoadInfo  `json:"load"`
	Start    time.Time `json:"start"`
	Days     float64   `json:"days"`            // simulated, of each node
	Disk     int64     `json:"disk"`            // the file system's size in bytes
	Other    int64     `json:"other"`           // of that, bytes of other data
	Seed     uint64    `json:"seed"`            // the first node's
	Seeds    int       `json:"seeds"`           // nodes, each with a load of its own; every policy has the same ones
	Nodes    []string  `json:"nodes,omitempty"` // the name of each node's initial state, if there are several
	Every    float64   `json:"every"`           // seconds from one point of the series to the next
	Faults   Faults    `json:"faults,omitzero"` // of every node
	Policies []Policy  `json:"policies"`        // in the order of the study, then an added clairvoyant policy

	// LeastDisk is a lower bound of the disk's size in bytes: on a smaller disk some request fails under every policy.
	// It is 0 if no such size is known.
	LeastDisk int64 `json:"least_disk,omitempty"`

	// Larger is not nil if requests failed under every policy, and the study tried larger disks.
	Larger *Larger `json:"larger,omitempty"`

	Costs []Cost `json:"costs"` // the cost models of pauses, which PauseModels of each policy follow
}

// LoadInfo describes the source of the load.
type LoadInfo struct {
	Kind  string   `json:"kind"` // "profile", "trace", "database"
	Name  string   `json:"name"`
	About string   `json:"about,omitempty"`
	Notes []string `json:"notes,omitempty"` // assumptions, for judging its reliability
}

// A Policy is the result of one combination of policies.
type Policy struct {
	Spec    string `json:"spec"`    // with every parameter; [ParseCombination] reads it
	Name    string `json:"name"`    // short, for a legend: unique in a result
	Collect string `json:"collect"` // schedule of collections
	Release string `json:"release"` // eviction policies

	// Clairvoyant is true for a policy that knows the future. No node can run it: it is a reference, and no bound.
	Clairvoyant bool `json:"clairvoyant,omitempty"`

	// Efficient is true if no other policy is better by one of mean bytes and bytes pulled again, and no worse by the
	// other. Clairvoyant and void policies take no part. It is false for all if the policies that are meant to evict
	// were idle.
	Efficient bool `json:"efficient"`

	// Void is the reason for which the policy cannot be compared with others; "" if it can: some requests found too
	// little disk space. For example, "disk full 69 times; 45 of the requests never ran". See [Metric.Void].
	Void string `json:"void,omitempty"`

	// Short is not nil if the policies at times freed fewer bytes than they needed.
	Short *Short `json:"short,omitempty"`

	// Faults counts the failures that the study injected; nil if it has no faults.
	Faults *FaultCounts `json:"faults,omitempty"`

	// Idle is not nil if the policies evicted nothing.
	Idle *Idle `json:"idle,omitempty"`

	Metrics     []Metric     `json:"metrics"` // the same names in the same order for every policy
	Series      []Point      `json:"series"`
	PauseModels []PauseModel `json:"pauses"`
	Holders     []Holder     `json:"holders"` // the largest holders by bytes, averaged over time and nodes, largest first
}

// A Metric is one figure: the mean over the nodes with its 95 % confidence interval, Student's t.
type Metric struct {
	Name string  `json:"name"` // one of [Metrics]
	Unit string  `json:"unit"` // "bytes", "byte-hours", "seconds", "count"
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"` // Low and High equal Mean for fewer than [IntervalNodes] nodes: they have no interval
	High float64 `json:"high"`
	Void bool    `json:"void,omitempty"` // failed requests distort it: a pull that failed is no pull that was saved
	// Values has the value of each node, by seed, if all nodes reached their end. See [Metric.Difference].
	Values []float64 `json:"values,omitempty"`
	// Least is a lower bound of the mean: no policy under which these nodes serve every request has less. The package's
	// documentation has the arguments. 0 if no bound above 0 is known, or if the metric is void.
	Least float64 `json:"least,omitempty"`
	// Bound is the ratio of the mean to Least, at least 1; 1.5 is 50 % more. 0 without Least.
	Bound float64 `json:"bound,omitempty"`
}

// A Point is the state of the disk at one time, in bytes, averaged over the nodes.
type Point struct {
	Used    float64   `json:"used"`    // by images, snapshots and builds
	Low     float64   `json:"low"`     // least of any node
	High    float64   `json:"high"`    // most of any node
	Garbage float64   `json:"garbage"` // of Used: reachable from nothing, waiting to be collected
	Pinned  []float64 `json:"pinned"`  // the rest of Used by kind of holder, as in [PinnedBy]
}

// PinnedBy lists the kinds of holders, in the order of [Point.Pinned]. Bytes with several holders count for the first
// kind.
func PinnedBy() []string {
	return []string{"containers", "builds", "leases", "images in use", "images not in use"}
}

// A Cost gives the time for which a collection blocks writers, from the numbers of objects that it visits and removes.
type Cost struct {
	Name       string  `json:"name"`        // "containerd", "holdfast"
	About      string  `json:"about"`       // the measurements behind it
	Fixed      float64 `json:"fixed"`       // seconds
	PerObject  float64 `json:"per_object"`  // seconds
	PerRemoved float64 `json:"per_removed"` // seconds
}

// A PauseModel is the distribution of the pauses of writers under a cost model.
type PauseModel struct {
	Cost    string   `json:"cost"`  // its name
	Count   float64  `json:"count"` // pauses per node
	Mean    float64  `json:"mean"`  // seconds
	P50     float64  `json:"p50"`
	P95     float64  `json:"p95"`
	Max     float64  `json:"max"`
	Total   float64  `json:"total"`
	Buckets []Bucket `json:"buckets"` // ascending, contiguous
}

// A Bucket counts the pauses of all nodes that last at most UpTo seconds, and longer than the previous bucket's UpTo.
type Bucket struct {
	UpTo  float64 `json:"up_to"`
	Count int     `json:"count"`
}

// A Holder kept bytes that no other holder kept.
type Holder struct {
	Name  string  `json:"name"`  // "image svc-12", "lease of an abandoned pull"
	Kind  string  `json:"kind"`  // one of [PinnedBy]
	Bytes float64 `json:"bytes"` // averaged over time and nodes
}

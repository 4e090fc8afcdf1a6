package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// nodeResults are the results of a cell as JSON, for another process.
type nodeResults struct {
	Series      []sampleRecord  `json:"series"`
	Pulled      int64           `json:"pulled"`
	Again       int64           `json:"again"`
	Full        int             `json:"full"`
	Failed      int             `json:"failed"`
	Evicted     int             `json:"evicted"`
	Shorts      int             `json:"shorts"`
	Worst       *shortRecord    `json:"worst,omitempty"`
	Pauses      [][2]int        `json:"pauses"` // objects and removed
	Used        float64         `json:"used"`
	Last        int64           `json:"last"` // bytes at the end
	Peak        int64           `json:"peak"`
	Levels      []levelRecord   `json:"levels"`
	Garbage     float64         `json:"garbage"`
	Seconds     float64         `json:"seconds"`
	Waits       []time.Duration `json:"waits"`
	Holders     []holderRecord  `json:"holders"`
	Collections int             `json:"collections"`
	Faults      faultTally      `json:"faults,omitzero"`
	Bounds      bounds          `json:"bounds"`
}

type sampleRecord struct {
	Used  int64                  `json:"u"`
	Kinds [holderKinds + 1]int64 `json:"k"`
}

type levelRecord struct {
	Bytes   int64   `json:"b"`
	Seconds float64 `json:"s"`
}

type shortRecord struct {
	Policy string `json:"policy"`
	Need   int64  `json:"need"`
	Freed  int64  `json:"freed"`
}

type holderRecord struct {
	Name  string  `json:"name"`
	Kind  string  `json:"kind"`
	Total float64 `json:"total"`
}

func (c *cell) results() nodeResults {
	o := c.outcome
	r := nodeResults{
		Pulled: o.pulled, Again: o.again, Full: o.full, Failed: o.failed, Evicted: o.evicted, Shorts: o.shorts, Used: o.used.total, Last: o.used.bytes,
		Peak: o.used.peak, Garbage: o.garbage, Seconds: o.seconds, Waits: o.waits, Collections: o.collections,
		Bounds: o.bounds, Faults: o.faults,
	}
	if o.shorts > 0 {
		r.Worst = &shortRecord{o.worst.Policy, o.worst.Need, o.worst.Freed}
	}
	for _, s := range c.series {
		r.Series = append(r.Series, sampleRecord{s.used, s.kinds})
	}
	for _, p := range o.pauses {
		r.Pauses = append(r.Pauses, [2]int{p.objects, p.removed})
	}
	for _, l := range o.used.levels {
		r.Levels = append(r.Levels, levelRecord{l.bytes, l.seconds})
	}
	for _, a := range o.holders {
		r.Holders = append(r.Holders, holderRecord{a.Name, a.Kind, a.total})
	}
	return r
}

// set gives a cell the given results.
func (c *cell) set(r nodeResults) {
	o := &outcome{
		tally:   tally{pulled: r.Pulled, again: r.Again, full: r.Full, failed: r.Failed, evicted: r.Evicted, shorts: r.Shorts, faults: r.Faults},
		garbage: r.Garbage, seconds: r.Seconds, waits: r.Waits, collections: r.Collections, bounds: r.Bounds,
	}
	o.used.total, o.used.bytes, o.used.peak = r.Used, r.Last, r.Peak
	if w := r.Worst; w != nil {
		o.worst = policy.ShortError{Policy: w.Policy, Need: w.Need, Freed: w.Freed}
	}
	c.series, c.days = nil, c.steps()
	for _, s := range r.Series {
		c.series = append(c.series, sample{s.Used, s.Kinds})
	}
	for _, p := range r.Pauses {
		o.pauses = append(o.pauses, stop{p[0], p[1]})
	}
	for _, l := range r.Levels {
		o.used.levels = append(o.used.levels, level{l.Bytes, l.Seconds})
	}
	for _, h := range r.Holders {
		a := account{Holder: Holder{Name: h.Name, Kind: h.Kind}}
		a.total = h.Total
		o.holders = append(o.holders, a)
	}
	c.outcome, c.node, c.load, c.bounds = o, nil, nil, nil
}

// ErrStopped is returned by [Running.RunNode] if it was stopped.
var ErrStopped = errors.New("stopped")

// Nodes returns the number of nodes of the study: one per seed and policy.
func (r *Running) Nodes() int { return len(r.cells) }

// RunNode simulates node i, from 0, to its end, and returns its results as JSON. [Running.SetNode] reads them, also in
// another process. RunNode does not change r, and several goroutines may call it at once. It calls stop before each
// virtual day; if stop returns true, RunNode returns [ErrStopped].
func (r *Running) RunNode(i int, stop func() bool) ([]byte, error) {
	if i < 0 || i >= len(r.cells) {
		return nil, r.noNode(i)
	}
	c := &cell{plan: r.study, seed: r.cells[i].seed, policy: r.cells[i].policy}
	for c.outcome == nil {
		if stop() {
			return nil, ErrStopped
		}
		if err := c.step(); err != nil {
			return nil, c.failed(err)
		}
	}
	return json.Marshal(c.results())
}

// SetNode sets the results of node i to those that [Running.RunNode] returned for the same study. Errors:
// ErrInvalidArgument.
func (r *Running) SetNode(i int, results []byte) error {
	if i < 0 || i >= len(r.cells) {
		return r.noNode(i)
	}
	var set nodeResults
	if err := json.Unmarshal(results, &set); err != nil {
		return fmt.Errorf("results of node %d: %w: %w", i, err, errdefs.ErrInvalidArgument)
	}
	c := r.cells[i]
	r.done += c.steps() - c.days
	c.set(set)
	r.skip()
	return nil
}

func (r *Running) noNode(i int) error {
	return invalid("node %d: the study has the nodes 0 to %d", i, len(r.cells)-1)
}

package compare

import (
	"math"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A cell is one node: one seed under one combination of policies.
type cell struct {
	*plan
	seed, policy int // indices
	node         *Node
	load         *Load
	bounds       func() bounds // of the load
	done         int           // number of processed events
	days         int           // number of simulated days
	series       []sample
	outcome      *outcome // nil until the end

	// decided has the decisions of the finished node's only policy; nil if there are several, or it does not tell.
	decided policy.Decisions
}

// A sample is a point of one node's series.
type sample struct {
	used  int64
	kinds [holderKinds + 1]int64
}

// steps returns the number of steps of a cell: virtual days.
func (s *plan) steps() int { return int(math.Ceil(s.Days)) }

// step simulates the next day.
func (c *cell) step() error {
	if c.node == nil {
		if err := c.begin(); err != nil {
			return err
		}
	}
	c.days++
	until := c.start().Add(time.Duration(c.days) * day)
	last := c.days == c.steps()
	if last {
		until = c.end()
	}
	for {
		at := c.start().Add(time.Duration(len(c.series)) * c.every)
		if at.After(until) {
			break
		}
		if err := c.advance(at); err != nil {
			return err
		}
		c.series = append(c.series, c.node.sample())
	}
	if err := c.advance(until); err != nil {
		return err
	}
	if last {
		c.outcome = c.node.outcome()
		c.outcome.bounds = c.bounds()
		if r := c.node.releases; len(r) == 1 {
			if p, ok := r[0].policy.(policy.Decider); ok {
				c.decided = p.Decisions()
			}
		}
		c.node, c.load, c.bounds = nil, nil, nil
	}
	return nil
}

// advance processes all events up to a time.
func (c *cell) advance(until time.Time) error {
	for ; c.done < len(c.load.Events) && !c.load.Events[c.done].At.After(until); c.done++ {
		if err := c.node.Do(c.load.Events[c.done]); err != nil {
			return err
		}
	}
	return c.node.Pass(until)
}

// repeat gives a cell that has not begun the outcome of a finished one of the same seed, and reports whether it could:
// if the policy of c would have decided the same.
func (c *cell) repeat(other *cell) bool {
	mine, others := c.policies[c.policy], c.policies[other.policy]
	if c.days > 0 || other.decided == nil || len(mine.release) != 1 || mine.collect != others.collect {
		return false
	}
	more, same := other.decided.Repeat(mine.release[0])
	if !same {
		return false
	}
	o := *other.outcome
	if o.shorts > 0 {
		o.worst.Need += more
	}
	c.outcome, c.series, c.days, c.decided = &o, other.series, other.days, other.decided
	return true
}

// origin returns the initial state of the cell's node.
func (c *cell) origin() origin { return c.origins[c.seed%len(c.origins)] }

func (c *cell) start() time.Time { return c.origin().start }

func (c *cell) end() time.Time { return c.plan.end(c.start()) }

// end returns the end of a node that starts at a time.
func (p *plan) end(start time.Time) time.Time { return start.Add(time.Duration(p.Days * float64(day))) }

// begin draws the load, unless another cell has, and creates the node.
func (c *cell) begin() (err error) {
	from, drawn := c.origin(), c.loads.of(c.plan, c.seed)
	if c.load, err = drawn.load(); err != nil {
		return err
	}
	c.bounds = drawn.bounds
	e := from.engine
	if e != nil {
		e = e.Fork(engine.WithNamedParts())
	} else if e, err = engine.New(engine.WithStart(from.start), engine.WithoutSchedule(), engine.WithSnapshotters(defaultSnapshotter), engine.WithNamedParts()); err != nil {
		return err
	}
	o := NodeOptions{Engine: e, Disk: c.Disk, Other: c.other, Cost: CostModels()[0], Faults: c.Faults, FaultSeed: c.Seed + uint64(c.seed)}
	if from.state != nil {
		o.Snapshotter = from.state.snapshotter
	}
	if c.node, err = c.policies[c.policy].start(o, c.load); err == nil && from.state != nil {
		c.node.restore(from.state)
	}
	return err
}

func (n *Node) sample() sample {
	s := sample{used: n.ledger.used.bytes}
	for i := range s.kinds {
		s.kinds[i] = n.ledger.kinds[i].bytes
	}
	return s
}

// An outcome has the figures of a node at its end.
type outcome struct {
	tally
	bounds      bounds
	used        gauge
	garbage     float64 // byte-seconds
	seconds     float64
	waits       []time.Duration
	holders     []account
	collections int
}

func (n *Node) outcome() *outcome {
	now := n.Now()
	n.ledger.used.add(now, 0)
	garbage := &n.ledger.kinds[holderKinds]
	garbage.add(now, 0)
	o := &outcome{
		tally: n.tally, used: n.ledger.used, garbage: garbage.total, waits: n.ledger.waits, collections: n.Collections(),
	}
	for _, l := range o.used.levels {
		o.seconds += l.seconds
	}
	o.failed += len(n.waiting)
	for _, a := range n.ledger.holders {
		a.add(now, 0)
		o.holders = append(o.holders, *a)
	}
	n.must("node", n.engine.Close())
	return o
}

// Package schedule decides when to collect garbage. What to collect is package
// gc's business.
//
// A [Policy] is a state machine without a clock, goroutines or chance of its own:
// its owner tells it what happens and what time it is, and asks when to collect
// next. So the same policy serves a simulation in virtual time and a live node,
// and two runs with the same events make the same decisions.
//
//	for {
//		at, ok := policy.Next()
//		// wait for the next event, or until at
//		// an event came:   policy.Mutation(now, change) or policy.Trigger(now)
//		// it is time:      if policy.Begin(now) { collect; policy.End(now, result) }
//	}
//
// [Containerd] is containerd's own scheduler, to the nanosecond. The others are
// for comparison: [Interval], [Watermark], [AfterDeletion], and the two bounds
// [OnDemand] and [Never].
//
// [Parse] reads which policy there is to be from a text, "containerd:pause=0.02,mutations=100".
package schedule

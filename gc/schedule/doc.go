// Package schedule decides when to collect garbage. Package gc decides which objects are garbage.
//
// A [Policy] is a state machine without a clock, goroutines or randomness. Its owner reports events and the current
// time, and asks for the time of the next collection. The same policy therefore serves a simulation in virtual time and
// a live node, and equal events lead to equal decisions.
//
//	for {
//		at, ok := policy.Next()
//		// wait for the next event, or until at
//		// an event came:   policy.Mutation(now, change) or policy.Trigger(now)
//		// it is time:      if policy.Begin(now) { collect; policy.End(now, result) }
//	}
//
// [Containerd] is containerd's own scheduler; tests compare the two to the nanosecond. The others exist for comparison:
// [Interval], [Watermark], [AfterDeletion], and the two bounds [OnDemand] and [Never].
//
// [Parse] reads a policy from a text such as "containerd:pause=0.02,mutations=100". Package [spec] has the grammar.
package schedule

// Package policy decides what a node lets go of: which images, which build
// records. When the garbage they leave is collected is package gc/schedule's
// business.
//
// A [Policy] is a value without a clock, goroutines or chance of its own. Its
// owner asks it as often as its [Rhythm] says, and hands it the time and a
// [Node], through which it sees what is there and removes what it chooses:
//
//	p, err := policy.Parse("kubelet:high=85,low=80,minage=2m", nil)
//	err = p.Release(now, node)
//
// What there is to choose from is a list of [Candidate]: a few facts each, none
// of them containerd's. [Shelf] is the simplest node, for tests and for trying a
// policy out.
//
// [Kubelet] and [Buildkit] are the two programs that do this in the field, step
// by step, with what surprises people about them. [LRU] and [TTL] are what one
// would write first. [None] and [Clairvoyant] are the bounds: the first lets go
// of nothing, the second knows the future.
//
// A policy of one's own is a type with the five methods of [Policy]; an example
// shows one.
//
// Every choice is determined by the arguments alone: candidates may come in any
// order, and where two are equal by the policy's own rule the smaller ID goes
// first.
package policy

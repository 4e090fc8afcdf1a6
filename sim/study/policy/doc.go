// Package policy decides which images and build records a node evicts. Package gc/schedule decides when the resulting
// garbage is collected.
//
// A [Policy] is a value without a clock, goroutines or randomness. Its owner calls it as often as its [Rhythm] says,
// with the current time and a [Node], through which the policy lists candidates and removes some of them:
//
//	p, err := policy.Parse("kubelet:high=85,low=80,minage=2m", nil)
//	err = p.Release(now, node)
//
// A [Candidate] has a few facts and no types of containerd. [Shelf] is the simplest node, for tests and experiments.
//
// [Kubelet] and [Buildkit] follow the two programs that evict in production step by step, including their surprises.
// [Prune] is the command that operators run by a timer, of docker or nerdctl.
// [LRU] and [TTL] are simple alternatives. [None] and [Clairvoyant] are references: the first evicts nothing, the
// second knows the future.
//
// A custom policy is a type with the five methods of [Policy]; an example shows one.
//
// The arguments alone determine every choice. Candidates may come in any order; the smaller ID breaks ties.
package policy

// Package sim drives a containerd node in memory through randomized, faulty, interleaved histories, and has an
// oracle watch every step.
//
//	outcome := sim.Run(sim.Config{Seed: 7, Ops: 10_000})
//	if outcome.Failure != nil { … }
//
// All that happens in a run comes from its seed. The seed first draws what kind of run it is ([Drawn]): which actors
// there are and how busy they are, how many names they share, how often something goes wrong and
// what, by which version's rules containerd collects; some kinds are left out altogether. Then one scheduler draws,
// at every store call, which of the actors goes on. Actors (puller, runner, builder and so on) behave as clients do; each is
// a coroutine that yields its calls as Ops. Faults, crashes, clock steps and collections are Ops too: so
// a run is a trace, which "holdfast replay" and [Check] run again.
//
// A call that has to wait, for a lock, a delay or a hang, is left waiting while others go on, and is resumed when
// it is drawn again: collections fall between any two steps of a call that can be parted.
//
// After the last step all faults stop. Within [QuietCollections] collections nothing may then be left that nothing keeps.
//
// What the oracle checks, and what it doesn't, its package says: [github.com/holdfast-gc/holdfast/sim/oracle].
package sim

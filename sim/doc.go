// Package sim drives a containerd node in memory through randomized, faulty, interleaved histories, and has an oracle
// watch every step.
//
//	outcome := sim.Run(sim.Config{Seed: 7, Ops: 10_000})
//	if outcome.Failure != nil { … }
//
// A seed determines everything in a run. First it draws the [Scenario]: the actors and their number, the names that
// they share, the kinds and the frequency of faults, the version of containerd, and the schedule of collections. Many
// scenarios leave out some actors or faults (swarm testing). Then a single scheduler draws, at every store call, the
// actor that makes the next step.
//
// Actors behave as clients do: they pull, run, build, import, tag, make sandboxes, label, prune, register a Collector,
// share the database in transactions, and fork the node. Each actor is a coroutine that yields its calls as Ops.
// Faults, crashes, clock steps and collections are Ops, too, even the collections that a policy of package gc/schedule
// starts. So a run is a trace, which "holdfast replay" and [Check] repeat without the simulator.
//
// A call that has to wait, for a lock, a transaction, a delay or a hang, is suspended. Other actors go on, and the call
// is resumed when its actor is drawn again. Thus collections run between any two steps of a call.
//
// After the last step all faults stop. Then [QuietCollections] collections must remove all garbage.
//
// A host with a single thread runs a simulation in slices: see [Begin].
//
// # Failures
//
// The command "holdfast sim" shortens the trace of a failure: it removes Ops, then fields, and shortens names. With a
// bug that makes the node ignore references from sandboxes, for example, it prints the scenario, the last of the 1,420
// steps, and this:
//
//	Seed 17: a collection removed a reachable object
//	  n1/snapshot/overlayfs/k1
//
//	The shortest trace that was found, of 6 calls:
//	    2  {"op":"tx.begin","name":"m1","writable":true}
//	    3  {"op":"snapshots.prepare","ns":"n1","tx":"m1","snapshotter":"overlayfs","key":"k1"}
//	    4  {"op":"tx.commit","name":"m1"}
//	    5  {"op":"sandboxes.create","ns":"n1","sandbox":{"id":"i1"}}
//	    6  {"op":"sandboxes.update","ns":"n1","sandbox":{"id":"i1","labels":{"containerd.io/gc.ref.snapshot.overlayfs":"k1"}},"paths":["labels"]}
//	    7  {"op":"collect"}
//
//	Check it again:  holdfast sim --check sim-17.jsonl --plant no-sandbox-references
//	Step through it: holdfast replay sim-17.jsonl -v --until 5
//	The whole run:   holdfast sim --seed 17 --seeds 1 --ops 2000 --profile swarm --plant no-sandbox-references
//
// The trace shows the bug: a label of the sandbox keeps the snapshot, but the collection removes it.
//
// [Plants] are bugs that can be injected into the node. PLANTS.md lists the number of seeds that find each of them.
// FINDINGS.md describes the bugs of containerd that the simulator found.
//
// Package [github.com/holdfast-gc/holdfast/sim/oracle] documents the checks and their limits.
package sim

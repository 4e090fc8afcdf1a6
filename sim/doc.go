// Package sim drives a containerd node in memory through randomized, faulty, interleaved histories, and has an
// oracle watch every step.
//
//	outcome := sim.Run(sim.Config{Seed: 7, Ops: 10_000})
//	if outcome.Failure != nil { … }
//
// All that happens in a run comes from its seed. The seed first draws what kind of run it is ([Scenario]): which actors
// there are and how busy they are, how many names they share, how often something goes wrong and
// what, by which version's rules containerd collects, and what decides when; some kinds are left out altogether. Then one
// scheduler draws, at every store call, which of the actors goes on. Actors behave as clients do: they pull, run, build,
// import, tag, make sandboxes, label, prune, have a Collector of their own, share the database in
// transactions, and fork the node to see what would be. Each is a coroutine that yields its calls as Ops. Faults, crashes,
// clock steps and collections are Ops too, also those that one of package schedule's policies decided on: so
// a run is a trace, which "holdfast replay" and [Check] run again.
//
// A call that has to wait, for a lock, a transaction, a delay or a hang, is left waiting while others go on, and is resumed
// when it is drawn again: collections fall between any two steps of a call that can be parted.
//
// After the last step all faults stop. Within [QuietCollections] collections nothing may then be left that nothing keeps.
//
// A host that has only one thread makes a run in slices: [Begin].
//
// # When something goes wrong
//
// The command "holdfast sim" makes the trace of a failure as short as it can: it leaves out Ops, then fields, and makes
// names short. This is what it tells of a node that takes no notice of what sandboxes refer to, besides the last of the
// 955 steps and what the seed drew:
//
//	Seed 0: a collection removed a reachable object
//	  n1/content/sha256:3c0dd6a1d8f1ec90e4af676cdfa8031b40d46e0d9415aa28a18fe1c26ac11c77
//
//	The shortest trace that was found, of 7 calls:
//	    2  {"op":"sandboxes.create","ns":"n1","sandbox":{"id":"i1"}}
//	    3  {"op":"sandboxes.update","ns":"n1","sandbox":{"id":"i1","labels":{"containerd.io/gc.ref.content":"sha256:3c0dd6a1d8f1ec90e4af676cdfa8031b40d46e0d9415aa28a18fe1c26ac11c77"}},"paths":["labels"]}
//	    4  {"op":"writers.open","ns":"n1","name":"m1","ref":"r1"}
//	    5  {"op":"writers.write","name":"m1","data":"layer 9 o"}
//	    6  {"op":"writers.write","name":"m1","data":"f depth 1"}
//	    7  {"op":"writers.commit","name":"m1"}
//	    8  {"op":"collect"}
//
//	Check it again:  holdfast sim --check sim-0.jsonl --plant no-sandbox-references
//	Step through it: holdfast replay sim-0.jsonl -v --until 6
//	The whole run:   holdfast sim --seed 0 --seeds 1 --ops 2000 --profile swarm --plant no-sandbox-references
//
// It is enough to find the bug: the label of the sandbox keeps the blob, and the collection removes it.
//
// [Plants] are the bugs that can be put into a node. PLANTS.md beside this file says what it takes to find each; FINDINGS.md
// what the simulator found that nobody had planted.
//
// What the oracle checks, and what it doesn't, its package says: [github.com/holdfast-gc/holdfast/sim/oracle].
package sim

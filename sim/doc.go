// Package sim drives a containerd node in memory through randomized, faulty, interleaved histories, and has an
// oracle watch every step.
//
//	outcome := sim.Run(sim.Config{Seed: 7, Ops: 10_000})
//	if outcome.Failure != nil { … }
//
// All that happens in a run comes from its seed. The seed first draws what kind of run it is ([Drawn]): which actors
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
// names short. This is what it tells of a node that was made to take no notice of conditions, besides the last of 1,167
// steps and what the seed drew:
//
//	Seed 22: a collection removed what something keeps
//	  ns1/snapshot/overlayfs/m2
//	The shortest trace that was found, of 11 calls:
//	    2  {"op":"writers.open","ns":"ns1","name":"m1","ref":"r1"}
//	    3  {"op":"writers.write","name":"m1","data":"layer 0 o"}
//	    4  {"op":"writers.write","name":"m1","data":"f depth 0"}
//	    5  {"op":"writers.commit","name":"m1"}
//	    6  {"op":"snapshots.prepare","ns":"n1","snapshotter":"overlayfs"}
//	    7  {"op":"snapshots.prepare","ns":"ns1","snapshotter":"overlayfs","key":"k1"}
//	    8  {"op":"snapshots.commit","ns":"ns1","snapshotter":"overlayfs","name":"m2","key":"k1"}
//	    9  {"op":"collectors.set","type":16,"script":{"things":[{"namespace":"n1","key":"k2"},{"namespace":"ns1","key":"k3","leases":["lease13"],"refs":["content/ns1/sha256:7ed7c7814dba108966868bc49b93248315a560220f6f966d59cf3bf4384c42d3"]},{"namespace":"n1","key":"k4","active":true,"leases":["lease5"],"backRefs":["type16/ns2/stream11"],"refs":["content/ns1/sha256:db53dbf8e4b8509a8d95038efa0cd701c871e6611ccca207a0aee8129f483247","snapshot/ns2/overlayfs/work14"]}]}}
//	   10  {"op":"snapshots.update","ns":"ns1","snapshotter":"overlayfs","info":{"name":"m2","labels":{"containerd.io/gc.cond.value-usedat":"2026-01-01T06:16:00Z"}}}
//	   11  {"op":"content.update","ns":"ns1","info":{"digest":"sha256:db53dbf8e4b8509a8d95038efa0cd701c871e6611ccca207a0aee8129f483247","labels":{"containerd.io/gc.cond.snapshot.overlayfs":"usedat<17h|m2"}}}
//	   12  {"op":"collect"}
//
//	Check it again:  holdfast sim --check sim-22.jsonl --plant no-conditions
//	Step through it: holdfast replay sim-22.jsonl -v --until 10
//	The whole run:   holdfast sim --seed 22 --seeds 1 --ops 2000 --profile swarm --plant no-conditions
//
// It is enough to find the bug. The blob, which the lease keeps, keeps a snapshot for some hours after that was used, and the
// collection removes it.
//
// [Plants] are the bugs that can be put into a node. PLANTS.md beside this file says what it takes to find each; FINDINGS.md
// what the simulator found that nobody had planted.
//
// What the oracle checks, and what it doesn't, its package says: [github.com/holdfast-gc/holdfast/sim/oracle].
package sim

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
// # When something goes wrong
//
// The command "holdfast sim" makes the trace of a failure as short as it can: it leaves out Ops, then fields, and makes
// names short. This is what it leaves of 621 calls to a node that was made to take no notice of conditions (the seed
// was the fourth), and it is enough to find the bug: a blob keeps a snapshot for five hours after that was used, and
// the collection removes it.
//
//	Seed 3: a collection removed what something keeps
//	  n1/snapshot/overlayfs/m2
//
//	The shortest trace that was found, of 10 calls:
//	    2  {"op":"leases.create","ns":"n1","id":"l1"}
//	    3  {"op":"writers.open","ns":"n1","name":"m1","ref":"r1"}
//	    4  {"op":"writers.write","name":"m1","data":"layer 0 o"}
//	    5  {"op":"writers.write","name":"m1","data":"f depth 0"}
//	    6  {"op":"writers.commit","lease":"l1","name":"m1"}
//	    7  {"op":"snapshots.prepare","ns":"n1","snapshotter":"overlayfs","key":"k1"}
//	    8  {"op":"snapshots.commit","ns":"n1","snapshotter":"overlayfs","name":"m2","key":"k1"}
//	    9  {"op":"snapshots.update",…"labels":{"containerd.io/gc.cond.value-usedat":"2026-01-02T10:07:17Z"}…}
//	   10  {"op":"content.update",…"labels":{"containerd.io/gc.cond.snapshot.overlayfs":"usedat<5h|m2"}…}
//	   11  {"op":"collect"}
//
//	Check it again:  holdfast sim --check sim-3.jsonl
//	Step through it: holdfast replay sim-3.jsonl -v --until N
//	The whole run:   holdfast sim --seed 3 --seeds 1 --ops 2000 --profile swarm
//
// The catalogue of planted bugs is in plants_test.go, which bounds the seeds that each may take.
//
// What the oracle checks, and what it doesn't, its package says: [github.com/holdfast-gc/holdfast/sim/oracle].
package sim

// Package engine is a containerd node in memory: the metadata store with all its
// namespaces, images, containers, sandboxes, leases, content and snapshots, real
// backends behind it, garbage collection and its schedule. It needs no root, no disk
// and no daemon, and a test has it at once:
//
//	node, err := engine.New()
//	...
//	image, err := node.Images().Create(ctx, images.Image{…})
//
// The stores are containerd's interfaces and do what containerd's do, to the byte.
//
// # What a test holds in its hands
//
// The clock stands still until somebody moves it: [Engine.Clock]. Collections run
// when they are asked for ([Engine.Collect]), or when the schedule wants one while
// time passes ([Engine.Pass]); it is containerd's own unless an option says
// otherwise.
//
// [Engine.Fork] gives an independent node in the same state, in constant time: to
// see what would be, and to go back.
//
// [Engine.SetFault] has things go wrong: the n-th call of a backend fails, takes
// long, hangs until its context ends, or is the last thing that the daemon does.
// After [Engine.Kill] or such a fault, [Engine.Restart] starts a daemon on what was
// committed and on whatever the backends hold by then.
//
// [Engine.Plan], [Engine.Why], [Engine.Top], [Engine.Fsck] and [Engine.Diff] ask what
// a collection would remove, what keeps an object, who holds the bytes, what is
// wrong, and what is different.
//
// [Open] makes a node of a real one's meta.db, without the bytes of its blobs.
//
// # Ops
//
// An [Op] is a call as a value. [Engine.Apply] makes it, and the result has a code that
// doesn't change. As JSON, Ops are the lines of traces ([Replay]), and what
// simulators and hosts in other languages speak. [Ops] lists all kinds:
//
//	namespaces.* images.* containers.* sandboxes.* leases.*   calls of the stores
//	content.* snapshots.*
//	writers.* readers.*     what was opened, by names that the trace chooses
//	tx.begin commit rollback    transactions, likewise; calls name one in their header
//	collect, schedule.*     collections, and when to collect
//	plan why top fsck inspect diff dump hash expiry events    questions
//	clock.* faults.* collectors.*     time, mishaps, Collectors that go by a script
//	node.fork drop kill restart crash
//	calls.*     calls that wait, on a node made WithTurns
//
// What such a call takes is in the type that [ArgsOf] returns for its name, whose
// documentation tells the rest. [Record] goes the other way: it writes down, as Ops,
// the calls that somebody's own code makes.
//
// The same Ops and the same seed give the same results and the same [Engine.Hash],
// natively and in WebAssembly.
//
// # Calls that wait
//
// Three kinds of nodes differ in what happens to a call that has to wait for a lock,
// a delay or a hang:
//
//   - By default it waits as calls do: its goroutine blocks on a lock. A delay moves
//     the clock, since there is nobody else who could. Of Ops, which come one after
//     another, none could go on: so one that would wait fails.
//   - On a node made [WithTurns], an Op is left waiting and goes on at a later
//     "calls.resume". A trace then says which calls overlap.
//   - On a node made [WithScheduler], all that waits is parked by somebody else's
//     scheduler of coroutines.
package engine

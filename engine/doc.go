// Package engine is one containerd node in memory: the metadata store with namespaces, images, containers, sandboxes,
// leases, content and snapshots, backends for content and snapshots, garbage collection and its schedule. It needs no
// root, no disk and no daemon:
//
//	node, err := engine.New()
//	...
//	image, err := node.Images().Create(ctx, images.Image{…})
//
// The stores implement containerd's interfaces and store the same bytes as containerd.
//
// # Control of a node
//
// The clock of a node moves only when a caller moves it: see [Engine.Clock]. A collection runs when a caller asks for
// it ([Engine.Collect]), or when the schedule asks for it while time passes ([Engine.Pass]). The default schedule is
// containerd's.
//
// [Engine.Fork] returns an independent node in the same state, in constant time. Use a fork to try a change and to keep
// the original.
//
// [Engine.SetFault] injects faults: for example, the n-th call of a backend fails, takes long, hangs until its context
// ends, or kills the daemon. After [Engine.Kill] or such a fault, [Engine.Restart] starts a daemon on the committed
// database and on the present state of the backends.
//
// [Engine.Plan], [Engine.Why], [Engine.Top], [Engine.Fsck] and [Engine.Diff] are queries: the nodes that a collection
// removes, the references that keep an object, the largest holders, inconsistencies, and differences between nodes.
//
// [Open] makes a node from a real node's meta.db, without the bytes of its blobs.
//
// # Ops
//
// An [Op] is a call as a value: see package [github.com/holdfast-gc/holdfast/engine/op], which lists all of them.
// [Engine.Apply] makes the call and returns a result with a stable code. As JSON, Ops are the lines of traces
// ([Replay]). Simulators and hosts in other languages use the same form. [Record] records the calls of ordinary code as
// Ops.
//
// The same Ops and the same seed give the same results and the same [Engine.Hash], natively and in WebAssembly.
//
// # Calls that wait
//
// A call can wait for a lock, for an injected delay or for a hang. Three kinds of nodes treat it differently:
//
//   - By default its goroutine blocks on the lock. A delay moves the clock, because no other caller would. Ops come one
//     after another, so an Op that would wait fails.
//   - On a node made [WithTurns], an Op with a named call stays pending and continues at a later "calls.resume". The
//     trace thus says which calls overlap.
//   - On a node made [WithScheduler], the caller's scheduler of coroutines parks it.
package engine

// Package host runs the engine as a WebAssembly module in wazero, without cgo. The module is isolated from the machine:
// it has no files, no network and no environment, and its clock and randomness are deterministic.
//
//	h, err := host.New(ctx, wasm, host.WithCache(cache))
//	defer h.Close(ctx)
//
//	node, err := h.Open(ctx, metaDB, engine.Setup{})           // the bytes of a meta.db, gzip'd or not
//	plan, err := node.Plan(ctx)                                // the objects that a collection would remove
//	why, err := node.Why(ctx, "image/default/alpine:3.20", 0)
//	result, err := node.Apply(ctx, op)                         // one call to one of the stores
//
//	file, err := h.Read(ctx, metaDB, examine.Options{At: now}) // the answers of the command, without a node
//	fsck, err := h.Check(ctx, metaDB, examine.Options{At: now})
//	salvaged, sound, err := h.Salvage(ctx, damagedDB)
//
//	outcome, err := h.Simulate(ctx, sim.Config{Seed: 7}, each) // one run of the simulator
//	study, err := h.Compare(ctx, compare.Study{}, each)        // a comparison of GC policies
//
// A [Node] has the methods of [engine.Engine] and returns the same results. Where the engine returns an error, a Node
// returns an [*Error] of the same class and with the same text; errors.Is and package errdefs recognise the class.
//
// `go generate ./wasm/...` builds the module. The documentation of wasm/guest has the command.
//
// # Instances and nodes
//
// A [Host] is one instance of the module with its own memory. It holds any number of independent nodes, which are
// cheap. A Host is safe for concurrent use and runs one call at a time. For parallel or isolated calls, create several
// Hosts. Hosts that share a [Cache] compile the module once; a Cache with a folder is also shared between processes.
//
// # How an instance ends
//
// The module answers every request, also invalid ones. An instance ends early in two cases: it needs more memory than
// [WithMemoryLimit] allows, or the context of a call ends while the call runs. From then on, every call fails with
// [ErrEnded] and the cause, and the nodes are lost.
//
// If a context ends while its call waits for another one, the instance continues. The instance also continues if a
// context ends during Check, Simulate or Compare, which consist of several calls.
//
// By default, a running call notices the end of its context when Go's runtime in the module runs its garbage collector,
// which happens after some tens of megabytes of allocations. A call that returns before that succeeds. With
// [WithInterrupts], a call notices the end of its context at once, but every call is slower.
package host

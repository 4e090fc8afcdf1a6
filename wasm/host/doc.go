// Package host runs the engine as a WebAssembly module, in wazero: no cgo, and nothing that the module does reaches the
// machine. It has no files, no network, no environment; its clock and its randomness are made up, and the same every time.
//
//	h, err := host.New(ctx, wasm, host.WithCache(cache))
//	defer h.Close(ctx)
//
//	node, err := h.Open(ctx, metaDB, engine.Setup{})           // the bytes of a meta.db, gzip'd or not
//	plan, err := node.Plan(ctx)                                // what a collection would remove
//	why, err := node.Why(ctx, "image/default/alpine:3.20", 0)
//	result, err := node.Apply(ctx, op)                         // one call to one of the stores
//
//	outcome, err := h.Simulate(ctx, sim.Config{Seed: 7}, each) // a run under the eyes of the oracle
//	study, err := h.Compare(ctx, compare.Study{}, each)        // policies of collecting and releasing, compared
//
// The methods of a Node are those of engine.Engine, with the same answers. Where the engine returns an error, so does the
// Node: an *Error of the same class (errors.Is and package errdefs know it), with the same text.
//
// The module is made by `go generate ./wasm/...`, or by the command in the documentation of wasm/guest.
//
// # Instances and nodes
//
// A Host is one instance of the module with a memory of its own, and has any number of nodes, which are independent, and
// cheap. Calls to a Host are made one at a time; any number of goroutines may make them. To have calls run at once, or to
// keep what one does from another, make several Hosts: with one Cache the module is compiled once for all, and with one
// that has a folder, once for all processes.
//
// # How an instance ends
//
// Whatever is sent to a module, it answers. There are two ways in which one ends nevertheless: it needs more memory than
// WithMemoryLimit gives it, or the context of a call ends while the call runs. Then every call fails with ErrEnded and
// says why it ended, and its nodes are gone.
//
// A context that ends during Simulate and Compare ends these alone: they are many short calls.
//
// A context that ends while a call waits for its turn does no harm. One that ends while its call runs is noticed when Go's
// runtime in the module looks at its clock, which it does whenever it collects garbage of its own: after some tens of
// megabytes were allocated, or a fraction of a second for anything that takes long. A call that is done before that
// succeeds. WithInterrupts has it noticed at once, at a price.
package host

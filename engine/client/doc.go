// Package client gives a real containerd client whose daemon is an engine: code
// that was written against containerd's client runs unchanged on a node in memory.
//
//	node, err := engine.New()
//	...
//	c, err := client.New(node) // a *containerd.Client
//	ctx := namespaces.WithNamespace(context.Background(), "default")
//	imported, err := c.Import(ctx, archive)
//	plan, err := node.Plan() // what a collection would remove now
//
// It needs no root, no disk and no daemon. It is not for wasm, for which
// containerd's client does not build; there the package is empty.
//
// # What there is
//
// Images, containers, content, leases, namespaces, sandbox records and snapshots
// are the engine's stores. What a daemon adds to its stores is added here: events
// of containers and namespaces, deletion of images and leases that waits for a
// collection, the default namespace of a client. As with a daemon, a client
// outlives a crash: calls fail with Unavailable while the node is down and work
// after its restart; writers and readers that were open then are gone.
//
// Events are the engine's log: a subscription sees whatever happens on the node,
// also what a collection tells. Published and forwarded events go into it, at the
// time of the node's clock.
//
// Layers are applied without files: a layer is read, decompressed, measured and
// hashed, so that Unpack finds a wrong diff ID, and the snapshot gets the size and
// the number of inodes that its files would have. Comparing snapshots, which needs
// files, is not implemented.
//
// Nothing runs on the node. To create a task is not implemented; every task that
// one asks for is not found, and the list of tasks is empty. Sandbox controllers,
// transfers, mount managers and streams are not implemented. All of this are errors
// of the classes that errdefs has for it; none is a panic, none connects to
// anything. Options of New can replace services by fakes of the caller's own, see
// Services.
//
// The client's platform is linux/amd64 wherever it runs, so that importing an
// archive has the same result everywhere; containerd.WithDefaultPlatform sets
// another.
//
// # Time
//
// The stores go by the node's clock, which stands still until it is moved. But
// code of the client itself that is not in a daemon reads the time of the host:
// leases.WithExpiration adds to the host's time, and so does the lease of 24 hours
// that Import, Unpack, Pull and NewContainer make for themselves. If the node's
// clock is more than that ahead of the host's, such a lease is expired from the
// start, and a collection that falls into the import removes what was imported so
// far; if it is behind, the lease lives longer than it says. Three ways out:
//
//   - The expiry by the node's clock: WithExpiration of this package in c.WithLease,
//     around the calls that would make a lease of their own.
//   - engine.WithStart(time.Now()): both clocks agree, as long as the test is
//     short.
//   - The same inside a testing/synctest bubble, whose time is virtual too: then
//     a run is the same every time, and both clocks are moved together.
//
// The names of such leases and of the snapshots into which a layer is applied are
// random. Both are gone after the call; what remains has the same Hash in every
// run.
package client

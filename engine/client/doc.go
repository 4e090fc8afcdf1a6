// Package client connects a real containerd client to an engine. Code that uses containerd's client runs unchanged on a
// node in memory:
//
//	node, err := engine.New()
//	...
//	c, err := client.New(node) // a *containerd.Client
//	ctx := namespaces.WithNamespace(context.Background(), "default")
//	imported, err := c.Import(ctx, archive)
//	plan, err := node.Plan() // the objects that a collection would remove now
//
// It needs no root, no disk and no daemon. containerd's client does not build for WebAssembly, so the package is empty
// there.
//
// # Services
//
// Images, containers, content, leases, namespaces, sandbox records and snapshots are the engine's stores. This package
// adds the parts of a daemon that are not in its stores: events of containers and namespaces, synchronous deletion of
// images and leases, and the default namespace of a client. As with a daemon, a client survives a crash. Calls fail
// with Unavailable while the node is down, and succeed after its restart. Writers and readers that were open are
// closed.
//
// Events are the engine's log. A subscription receives every event of the node, also the events of a collection.
// Published and forwarded events are appended to the log, with the time of the node's clock.
//
// Layers are applied without files. The differ reads, decompresses, measures and hashes a layer, so Unpack detects a
// wrong diff ID. The snapshot gets the size and the number of inodes that its files would have. Comparison of snapshots
// is not implemented, because it needs files.
//
// Snapshots have no files, and their mounts have [MountType]. The options of containerd's client that look into the
// root of a container, such as oci.WithImageConfig, find it empty. Users and groups given by number work; a user given
// by name fails, because the node has no /etc/passwd. package mount cannot mount these mounts.
//
// A node runs no tasks. Creating a task is not implemented, getting a task returns NotFound, and the list of tasks is
// empty. Sandbox controllers, transfers and streams are not implemented. These calls return errors of
// the classes of errdefs. They never panic and never connect. Options of [New] can replace services by fakes: see
// [Services].
//
// The client's platform is linux/amd64 on every host, so importing an archive has the same result everywhere.
// containerd.WithDefaultPlatform sets another platform.
//
// # Time
//
// The stores use the node's clock, which only callers move. The client itself uses the clock of the host:
// leases.WithExpiration adds to the host's time, and Import, Unpack, Pull and NewContainer create a lease that expires
// 24 hours after the host's time. If the node's clock is more than 24 hours ahead, that lease has expired at its
// creation, and a collection during the import removes the imported objects. If the node's clock is behind, the lease
// expires late. There are three solutions:
//
//   - Set the expiry by the node's clock: use [WithExpiration] with c.WithLease, around the calls that would create a
//     lease.
//   - Use engine.WithStart(time.Now()): the clocks agree during a short test.
//   - Do the same inside a testing/synctest bubble, where the host's time is virtual, and advance both clocks together.
//     Then all runs are equal.
//
// The names of these leases, and of the snapshots to which layers are applied, are random. Both are deleted at the end
// of the call. The remaining state has the same Hash in every run.
package client

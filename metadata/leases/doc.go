// Package leases names the types of containerd's core/leases that the lease
// manager speaks in, and what puts a lease into a context, on every platform.
//
// Natively they are containerd's own, so that a manager from this module is a
// leases.Manager of containerd's, and a context is understood by both. For wasm,
// where they would bring gRPC with them, they are types of the same shape; a test
// compares the two. A lease then stands in a context only for this module, not
// in headers for a daemon.
package leases

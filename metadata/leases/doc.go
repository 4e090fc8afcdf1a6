// Package leases declares the types in the API of the lease manager, and the functions that store a lease in a context,
// on every platform.
//
// Natively they are aliases of containerd's core/leases: this module's manager implements containerd's interface, and
// both read the same contexts. On wasm they are separate types of the same shape, because core/leases would link gRPC.
// A test compares the two. On wasm, WithLease sets no gRPC header, and only this module can read the lease.
package leases

// Package snapshots declares the types in the API of snapshotters, with their mount type, on every platform.
//
// Natively they are aliases of containerd's core/snapshots: this module's snapshotter implements containerd's
// interface. On wasm, where core/snapshots does not build, they are separate types of the same shape and behaviour. A
// test compares the two.
package snapshots

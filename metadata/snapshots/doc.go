// Package snapshots names the types of containerd's core/snapshots, and the
// mount type they need, on every platform.
//
// Natively they are aliases, so that a snapshotter from this module is a
// snapshots.Snapshotter of containerd's. For wasm, where core/snapshots does
// not build, they are types of the same shape and behaviour; a test compares
// the two.
package snapshots

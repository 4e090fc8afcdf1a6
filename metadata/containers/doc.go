// Package containers names the types of containerd's core/containers that the
// container store speaks in, on every platform.
//
// Natively they are aliases, so that a store from this module is a
// containers.Store of containerd's. For wasm, where they would bring protobuf's
// reflection with them, they are types of the same shape; a test compares the
// two.
package containers

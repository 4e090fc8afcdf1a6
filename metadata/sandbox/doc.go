// Package sandbox names the types of containerd's core/sandbox that the
// sandbox store speaks in, on every platform.
//
// Natively they are aliases, so that a store from this module is a
// sandbox.Store of containerd's. For wasm, where core/sandbox does not build,
// they are types of the same shape; a test compares the two. What they can't do
// there is to encode and decode extensions, which takes protobuf.
package sandbox

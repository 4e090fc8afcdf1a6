// Package events names the types of containerd's core/events, and those of the
// events that the stores publish, on every platform.
//
// Natively they are aliases of core/events and api/events. For wasm, where they
// would bring protobuf's reflection with them, they are types with the same
// fields; a test compares the two.
package events

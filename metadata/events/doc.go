// Package events declares the publisher interface and the events that the stores publish, on every platform.
//
// Natively the types are aliases of containerd's core/events and api/events. On wasm they are separate types with the
// same fields, because those packages would link protobuf's reflection. A test compares the two.
package events

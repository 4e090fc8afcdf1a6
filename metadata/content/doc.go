// Package content declares the types in the API of the content store, on every platform.
//
// Natively they are aliases of containerd's core/content: this module's store implements containerd's interface. On
// wasm they are separate types of the same shape, because core/content would link a logger and a source of randomness.
// A test compares the two.
package content

// Package content names the types of containerd's core/content that the content
// store speaks in, on every platform.
//
// Natively they are aliases, so that a store from this module is a
// content.Store of containerd's. For wasm, where they would bring a logger and a
// source of randomness with them, they are types of the same shape; a test
// compares the two.
package content

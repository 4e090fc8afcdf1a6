// Package namespaces names the types of containerd's pkg/namespaces that the
// namespace store speaks in, and what puts a namespace into a context, on every
// platform.
//
// Natively they are containerd's own, so that a store from this module is a
// namespaces.Store of containerd's, and a context is understood by both. For
// wasm, where they would bring gRPC, ttrpc and protobuf with them, they are types
// of the same shape; a test compares the two. A namespace then stands in a
// context only for this module, not in headers for a daemon.
package namespaces

// Package namespaces declares the types in the API of the namespace store, and the functions that store a namespace in
// a context, on every platform.
//
// Natively they are aliases of containerd's pkg/namespaces: this module's store implements containerd's interface, and
// both read the same contexts. On wasm they are separate types of the same shape, because pkg/namespaces would link
// gRPC, ttrpc and protobuf. A test compares the two. On wasm, WithNamespace sets no headers, and only this module can
// read the namespace.
package namespaces

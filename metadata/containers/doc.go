// Package containers declares the types in the API of the container store, on every platform.
//
// Natively they are aliases of containerd's core/containers: this module's store implements containerd's interface. On
// wasm they are separate types of the same shape, because core/containers would link protobuf's reflection. A test
// compares the two.
package containers

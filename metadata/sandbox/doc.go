// Package sandbox declares the types in the API of the sandbox store, on every platform.
//
// Natively they are aliases of containerd's core/sandbox: this module's store implements containerd's interface. On
// wasm, where core/sandbox does not build, they are separate types of the same shape. A test compares the two. The wasm
// types can't encode and decode extensions, since that needs protobuf.
package sandbox

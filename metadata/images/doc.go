// Package images declares the types in the API of the image store, on every platform.
//
// Natively they are aliases of containerd's core/images: this module's store implements containerd's interface. On wasm
// they are separate types of the same shape, because core/images would link decompressors and platform matchers. A test
// compares the two. The wasm types lack the methods that read an image's content.
package images

// Package images names the types of containerd's core/images that the image
// store speaks in, on every platform.
//
// Natively they are aliases, so that a store from this module is an images.Store
// of containerd's. For wasm, where they would bring decompressors and platform
// matchers with them, they are types of the same shape; a test compares the two.
// What they can't do there is to read an image's content.
package images

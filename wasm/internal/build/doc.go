// Package build builds the WebAssembly module from source, for tests that need its bytes.
package build

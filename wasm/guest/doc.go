// Guest is the engine as a WebAssembly module: a reactor for WASI preview 1. ABI.md specifies the interface for hosts
// in any language. Package wasm/host is the host for Go.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w' -o holdfast.wasm ./wasm/guest
//
// `go generate ./wasm/...` writes wasm/holdfast.wasm. This package contains only the exports. Package
// wasm/internal/verbs handles the requests, and package wasm/internal/buffers owns the memory that the host writes to.
// On platforms other than wasip1, the program does nothing.
package main

//go:generate env GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath "-ldflags=-s -w" -o ../holdfast.wasm .

// main never runs in the module: a reactor has exports but no entry point.
func main() {}

// Guest is the whole engine as one WebAssembly module: a reactor for WASI preview 1, which a host calls with frames of
// bytes. ABI.md says how, for hosts in any language; package wasm/host is the one for Go.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w' -o holdfast.wasm ./wasm/guest
//
// `go generate ./wasm/...` makes wasm/holdfast.wasm. What it is to do when it is called stands in wasm/internal/verbs; here
// is only the door: memory that a host may write to, and the exports. On any other platform it is a program that does
// nothing.
package main

//go:generate env GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath "-ldflags=-s -w" -o ../holdfast.wasm .

// main is never run: a reactor is called.
func main() {}

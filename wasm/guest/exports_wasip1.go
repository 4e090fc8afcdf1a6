package main

import (
	"runtime/debug"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/buffers"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

// A collection of Go's own stops everything here, where there is one thread: so it is done rarely, until memory gets
// scarce.
func init() {
	debug.SetGCPercent(800)
	debug.SetMemoryLimit(1 << 30)
}

// All calls come from one thread, one after the other.
var (
	held  buffers.Held
	nodes verbs.Nodes
)

//go:wasmexport abi_version
func abiVersion() uint32 { return abi.Version }

//go:wasmexport alloc
func alloc(size uint32) uint32 { return uint32(held.Alloc(uint64(size))) }

//go:wasmexport free
func free(address uint32) { held.Free(uintptr(address)) }

//go:wasmexport call
func call(address, size uint32) uint64 {
	request, ok := held.Bytes(uintptr(address), uint64(size))
	if !ok {
		request = nil // the answer says that a frame of no bytes is too short
	}
	answer := nodes.Call(request)
	return uint64(held.Hold(answer))<<32 | uint64(len(answer))
}

package main

import (
	"unsafe"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/buffers"
	"github.com/holdfast-gc/holdfast/wasm/internal/heap"
	"github.com/holdfast-gc/holdfast/wasm/internal/verbs"
)

// The host makes one call at a time, so these need no lock.
var (
	table buffers.Table
	nodes verbs.Nodes
	pacer = heap.NewPacer()
)

//go:wasmexport abi_version
func abiVersion() uint32 { return abi.Version }

//go:wasmexport alloc
func alloc(size uint32) uint32 {
	pacer.Before(size)
	return uint32(table.Alloc(uint64(size)))
}

//go:wasmexport free
func free(address uint32) { pacer.Freed(table.Free(uintptr(address))) }

//go:wasmexport call
func call(address, size uint32) uint64 {
	response := handle(nil, address, size)
	return packed(table.Add(response), response)
}

// kept is the response of the last exchange, which the host may still read. keptMax is the largest capacity in bytes
// that the next exchange uses again.
var kept []byte

const keptMax = 64 << 10

//go:wasmexport exchange
func exchange(address, size uint32) uint64 {
	if cap(kept) > keptMax {
		kept = nil
	}
	kept = handle(kept[:0], address, size)
	return packed(uintptr(unsafe.Pointer(unsafe.SliceData(kept))), kept)
}

func packed(address uintptr, response []byte) uint64 {
	return uint64(address)<<32 | uint64(len(response))
}

// handle appends the response to the request at an address.
func handle(to []byte, address, size uint32) []byte {
	request, ok := table.Bytes(uintptr(address), uint64(size))
	if !ok {
		request = nil // the response reports a frame that is too short
	}
	open := nodes.Count()
	response := nodes.AppendCall(to, request)
	left := nodes.Count()
	pacer.After(len(request), len(response), nodes.Busy(), left < open)
	return response
}

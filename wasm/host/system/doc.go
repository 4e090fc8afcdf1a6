// Package system adapts the nodes of a WebAssembly module to package proptest, so that its laws test the module.
//
//	h, err := host.New(ctx, wasm)
//	report := proptest.Check(system.New(ctx, h))
//
// A law examines Go values, but a module returns JSON. Each system therefore pairs a node in the module with a native
// node, its twin, and applies every Op to both. The laws see the values of the twin. If the JSON or the hashes of the
// two differ, the system returns an error for every later Op, and the law fails.
package system

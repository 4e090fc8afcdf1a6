// Package system makes the nodes of a WebAssembly module systems that package proptest holds its laws against.
//
//	h, err := host.New(ctx, wasm)
//	report := proptest.Check(system.New(ctx, h))
//
// What a module answers is JSON, and what a law looks at are values and the state itself. So each node has a twin outside
// of the module, which gets the same calls: the twin has the values, and the node in the module must have answered the
// same, byte for byte, and have the same hash. Where it has not, the system fails, and so does every law.
package system

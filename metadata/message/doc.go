// Package message has the protobuf messages that records hold, as far as a
// store has to know them: as an Any, which is a type and bytes.
//
// Natively the types are aliases of those that containerd's interfaces speak.
// For wasm, where protobuf's reflection would be more than half of a program,
// they are types of the same shape and behaviour; a test compares the two. The
// encoding is the same code everywhere.
package message

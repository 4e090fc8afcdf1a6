// Package message declares the protobuf messages in records. A store treats each message as an Any: a type URL and
// bytes.
//
// Natively the types are aliases of the types in containerd's interfaces. On wasm they are separate types of the same
// shape and behaviour, because protobuf's reflection would be more than half of a program. A test compares the two.
// Both platforms share the code that encodes messages.
package message

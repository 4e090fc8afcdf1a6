// Package verbs is what the module does when it is called: it reads a frame, does what its verb says on the node that it
// names, and writes a frame. It knows nothing of WebAssembly, and works the same in any Go program.
//
//	var nodes verbs.Nodes
//	answer := nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil))
//
// What a caller sends may be anything: every mistake, and every panic, is an answer with a code and an error.
package verbs

// Package verbs handles the requests that a host sends to the module. [Nodes.Call] takes the frame of a request and
// returns the frame of the response. The package does not depend on WebAssembly and runs in any Go program.
//
//	var nodes verbs.Nodes
//	response := nodes.Call(abi.AppendFrame(nil, []byte(`{"verb":"new"}`), nil))
//
// Requests are untrusted. Invalid requests and panics become responses with a code and an error.
package verbs

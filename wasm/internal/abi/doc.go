// Package abi defines the interface between the module and its hosts: the version, the limits, the frames, and the JSON
// of requests and responses. ABI.md in wasm/guest specifies the same interface for hosts in other languages.
//
// A frame is a JSON header followed by a body of raw bytes, for example a database file or Ops in JSON Lines. The body
// keeps large databases out of the JSON.
package abi

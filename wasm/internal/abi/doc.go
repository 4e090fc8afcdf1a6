// Package abi is what the module and its hosts agree upon: the version, the bounds, the frame in which a call and
// its answer are written, and the shapes of what stands in it. The file ABI.md beside the module says the same to those
// who write a host in another language.
//
// A frame is a header, which is JSON, and a body, which is whatever bytes belong to it as they are: a database, or Ops one
// a line. So a database of many megabytes is not written as JSON.
package abi

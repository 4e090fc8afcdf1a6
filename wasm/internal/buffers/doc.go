// Package buffers keeps the bytes that a host and a module hand one another by their address, so that they stay where they
// are until the host frees them, and so that no other address is ever followed.
package buffers

// Package buffers keeps the byte buffers that a host and the module exchange by address. A [Table] references each
// buffer until the host frees it, so that Go's garbage collector does not reclaim it. It rejects every other address.
package buffers

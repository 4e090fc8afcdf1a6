// Package boltutil reads and writes the fields that records of different kinds share, in containerd's stored form. It
// also stores a transaction in a context.
package boltutil

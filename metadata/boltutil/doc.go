// Package boltutil reads and writes the parts that records of different kinds
// have in common, in containerd's stored form, and carries a transaction in a
// context.
package boltutil

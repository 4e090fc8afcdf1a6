// Package stores makes what has containerd's interfaces into something that Ops can be applied to: it is the larger part of
// a proptest.System for a fork of containerd, a store of one's own, or a client of a daemon.
//
//	node := stores.New(stores.Stores{Images: …, Content: …, Collect: …})
//	result := node.Apply(op)
//
// A field that is nil stands for a store that there is not: calls to it come to "not_implemented".
package stores

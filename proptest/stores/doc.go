// Package stores applies Ops to any implementation of containerd's store interfaces. It is most of a proptest.System
// for a fork of containerd, for a store of your own, or for a client of a daemon:
//
//	node := stores.New(stores.Stores{Images: …, Content: …, Collect: …})
//	result := node.Apply(o)
//
// It calls the stores through the rows of package engine/op, like the engine. A nil field is an absent store: calls to
// it return the code "not_implemented". An absent snapshotter is not found.
package stores

package gc

import (
	"cmp"
	"strings"

	containerd "github.com/containerd/containerd/v2/pkg/gc"
)

// Node names one resource: its type, its namespace and its key. It is
// containerd's own type, so that existing collectors plug in.
type Node = containerd.Node

// ResourceType says what kind of resource a Node names.
type ResourceType = containerd.ResourceType

// Stats is what a collection reports about itself.
type Stats = containerd.Stats

// ResourceMax is the largest resource type there can be.
const ResourceMax = containerd.ResourceMax

// Compare orders nodes by type, then namespace, then key, bytewise. Every list
// this package returns is in this order unless it says otherwise.
func Compare(a, b Node) int {
	if c := cmp.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Key, b.Key)
}

// Reason says why one object keeps another, or why it is a root. Rule is one of
// a small set of words chosen by whoever builds the graph ("label", "field",
// "lease"); Detail names the very thing ("containerd.io/gc.ref.content.config").
// Both strings may alias the record they came from; it must then stay unchanged
// for as long as the graph is used.
type Reason struct {
	Rule   string
	Detail string
}

func (r Reason) String() string {
	if r.Detail == "" {
		return r.Rule
	}
	return r.Rule + " " + r.Detail
}

func compareReasons(a, b Reason) int {
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	return strings.Compare(a.Detail, b.Detail)
}

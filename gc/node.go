package gc

import (
	"cmp"
	"strings"

	containerd "github.com/containerd/containerd/v2/pkg/gc"
)

// Node identifies a resource by type, namespace and key. It is containerd's own type, so that existing collectors can
// be used.
type Node = containerd.Node

// ResourceType is the type of a resource.
type ResourceType = containerd.ResourceType

// Stats is the report of a collection.
type Stats = containerd.Stats

// ResourceMax is the largest resource type.
const ResourceMax = containerd.ResourceMax

// Compare orders nodes by type, then namespace, then key, bytewise. Every list that this package returns is in this
// order unless its documentation states otherwise.
func Compare(a, b Node) int {
	if c := cmp.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Key, b.Key)
}

// A Reason is the reason for an edge or a root. The code that builds the graph chooses the words for Rule, such as
// "label", "field" or "lease". Detail is specific, such as "containerd.io/gc.ref.content.config". Both strings may
// alias the record that they come from; the record must stay unchanged while the graph is in use.
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

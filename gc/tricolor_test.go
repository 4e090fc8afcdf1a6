package gc_test

import (
	containerd "github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/gc"
)

// tricolor is containerd's own marking.
func tricolor(roots []gc.Node, refs func(gc.Node) []gc.Node) (map[gc.Node]struct{}, error) {
	return containerd.Tricolor(roots, func(n gc.Node) ([]gc.Node, error) { return refs(n), nil })
}

package gc_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"
	"gonum.org/v1/gonum/graph/flow"
	"gonum.org/v1/gonum/graph/simple"

	"github.com/holdfast-gc/holdfast/gc"
)

// resource types with containerd's numbers
const (
	content   gc.ResourceType = 1
	snapshot  gc.ResourceType = 2
	container gc.ResourceType = 3
	image     gc.ResourceType = 5
	lease     gc.ResourceType = 6
)

// fleetNode describes a node of a fleet. Each image has a manifest, a config and eight layers; ten images share three
// base layers. There is a chain of snapshots. Every fourth image is deleted, and every eighth has a container.
type fleetNode struct {
	objects []gc.Node
	weights []int64
	roots   []gc.Node
	edges   [][2]gc.Node
	details []string
}

func newFleetNode(objects int) *fleetNode {
	s := &fleetNode{}
	seen := make(map[gc.Node]bool)
	define := func(n gc.Node, weight int64) gc.Node {
		if !seen[n] {
			seen[n] = true
			s.objects = append(s.objects, n)
			s.weights = append(s.weights, weight)
		}
		return n
	}
	edge := func(from, to gc.Node, detail string) {
		s.edges = append(s.edges, [2]gc.Node{from, to})
		s.details = append(s.details, detail)
	}
	blob := func(format string, args ...any) gc.Node {
		return define(gc.Node{Type: content, Namespace: "k8s.io", Key: digest.FromString(fmt.Sprintf(format, args...)).String()}, 1<<20)
	}
	for i := 0; len(s.objects) < objects; i++ {
		manifest, config := blob("manifest %d", i), blob("config %d", i)
		edge(manifest, config, "containerd.io/gc.ref.content.config")
		var parent gc.Node
		for l := range 8 {
			owner := i
			if l < 3 {
				owner = i / 10
			}
			layer := blob("layer %d of %d", l, owner)
			edge(manifest, layer, fmt.Sprintf("containerd.io/gc.ref.content.l.%d", l))
			snap := gc.Node{Type: snapshot, Namespace: "k8s.io", Key: "overlayfs/" + digest.FromString(fmt.Sprint("chain", l, owner)).String()}
			fresh := !seen[snap]
			define(snap, 3<<20)
			if fresh && l > 0 {
				edge(snap, parent, "parent")
			}
			parent = snap
		}
		edge(config, parent, "containerd.io/gc.ref.snapshot.overlayfs")
		if i%4 != 3 {
			n := define(gc.Node{Type: image, Namespace: "k8s.io", Key: fmt.Sprintf("registry.example/team/service-%d:latest", i)}, 0)
			s.roots = append(s.roots, n)
			edge(n, manifest, "target")
		}
		if i%8 == 0 {
			n := define(gc.Node{Type: container, Namespace: "k8s.io", Key: fmt.Sprintf("container-%d", i)}, 0)
			s.roots = append(s.roots, n)
			edge(n, parent, "snapshot")
		}
	}
	// Databases are read in key order.
	order := make([]int, len(s.objects))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return gc.Compare(s.objects[a], s.objects[b]) })
	sorted := &fleetNode{roots: s.roots}
	for _, i := range order {
		sorted.objects = append(sorted.objects, s.objects[i])
		sorted.weights = append(sorted.weights, s.weights[i])
	}
	slices.SortFunc(sorted.roots, gc.Compare)
	order = order[:0]
	for i := range s.edges {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return gc.Compare(s.edges[a][0], s.edges[b][0]) })
	for _, i := range order {
		sorted.edges = append(sorted.edges, s.edges[i])
		sorted.details = append(sorted.details, s.details[i])
	}
	return sorted
}

func (s *fleetNode) build(options ...gc.BuilderOption) *gc.Graph {
	b := gc.NewBuilder(len(s.objects), options...)
	for i, n := range s.objects {
		b.Define(b.Intern(n), s.weights[i])
	}
	for _, n := range s.roots {
		b.Root(b.Intern(n), gc.Reason{Rule: "record"})
	}
	// Readers of a record know its ID, so only the targets are looked up.
	var from gc.ID
	for i, e := range s.edges {
		if i == 0 || e[0] != s.edges[i-1][0] {
			from = b.Intern(e[0])
		}
		b.Edge(from, b.Intern(e[1]), gc.Reason{Rule: "label", Detail: s.details[i]})
	}
	return b.Graph()
}

var sizes = []int{1_000, 100_000, 1_000_000}

func bySize(b *testing.B, run func(b *testing.B, s *fleetNode)) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("objects=%d", size), func(b *testing.B) {
			s := newFleetNode(size)
			b.ReportAllocs()
			run(b, s)
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		for b.Loop() {
			s.build()
		}
	})
}

func BenchmarkBuildExplain(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		for b.Loop() {
			s.build(gc.Explain())
		}
	})
}

func BenchmarkMark(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		g := s.build()
		for b.Loop() {
			gc.Mark(g, gc.WhatIf{})
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		g := s.build()
		for b.Loop() {
			gc.MakePlan(g, gc.WhatIf{})
		}
	})
}

// BenchmarkTricolor is containerd's marking of the same objects. The edges are in a map, so reading records costs
// nothing.
func BenchmarkTricolor(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		edges := make(map[gc.Node][]gc.Node)
		for _, e := range s.edges {
			edges[e[0]] = append(edges[e[0]], e[1])
		}
		for b.Loop() {
			if _, err := tricolor(s.roots, func(n gc.Node) []gc.Node { return edges[n] }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDominators(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		g := s.build()
		for b.Loop() {
			gc.Dominators(g)
		}
	})
}

func BenchmarkDominatorsGonum(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		ids := make(map[gc.Node]int64)
		d := simple.NewDirectedGraph()
		d.AddNode(simple.Node(0))
		for i, n := range s.objects {
			ids[n] = int64(i + 1)
			d.AddNode(simple.Node(i + 1))
		}
		for _, n := range s.roots {
			d.SetEdge(d.NewEdge(simple.Node(0), simple.Node(ids[n])))
		}
		for _, e := range s.edges {
			d.SetEdge(d.NewEdge(simple.Node(ids[e[0]]), simple.Node(ids[e[1]])))
		}
		for b.Loop() {
			flow.Dominators(simple.Node(0), d)
		}
	})
}

func BenchmarkTop(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		g := s.build()
		t := gc.Dominators(g)
		for b.Loop() {
			t.Top(20)
		}
	})
}

func BenchmarkWhy(b *testing.B) {
	bySize(b, func(b *testing.B, s *fleetNode) {
		g := s.build(gc.Explain())
		id, _ := g.Lookup(s.objects[len(s.objects)/2])
		for b.Loop() {
			gc.Why(g, id, gc.Limits{})
		}
	})
}

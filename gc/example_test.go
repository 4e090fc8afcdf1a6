package gc_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/gc"
)

// small returns the graph of a small node: an image keeps a manifest, which keeps a layer. An expired lease kept
// another layer.
func small() *gc.Graph {
	node := func(kind gc.ResourceType, key string) gc.Node {
		return gc.Node{Type: kind, Namespace: "default", Key: key}
	}
	b := gc.NewBuilder(5, gc.Explain())
	define := func(n gc.Node, bytes int64) gc.ID {
		id := b.Intern(n)
		b.Define(id, bytes)
		return id
	}
	app := define(node(image, "app:1"), 0)
	manifest := define(node(content, "manifest"), 1_000)
	layer := define(node(content, "layer"), 30_000_000)
	old := define(node(content, "old-layer"), 20_000_000)
	pull := define(node(lease, "pull"), 0)

	b.Root(app, gc.Reason{Rule: "record", Detail: "image"})
	b.Edge(app, manifest, gc.Reason{Rule: "field", Detail: "target"})
	b.Edge(manifest, layer, gc.Reason{Rule: "label", Detail: "containerd.io/gc.ref.content.l.0"})
	b.MissRoot(pull, gc.Reason{Rule: "expired", Detail: "2026-08-01T00:00:00Z"})
	b.Edge(pull, old, gc.Reason{Rule: "lease", Detail: "resource"})
	return b.Graph()
}

func ExampleMakePlan() {
	g := small()
	p := gc.MakePlan(g, gc.WhatIf{})
	for _, id := range p.Removed {
		fmt.Println("remove", g.Node(id).Key)
	}
	fmt.Println(p.RemovedBytes, "bytes go,", p.KeptBytes, "stay")

	app, _ := g.Lookup(gc.Node{Type: image, Namespace: "default", Key: "app:1"})
	p = gc.MakePlan(g, gc.WhatIf{Delete: []gc.ID{app}})
	fmt.Println("without app:1,", p.RemovedBytes, "bytes go")
	// Output:
	// remove old-layer
	// remove pull
	// 20000000 bytes go, 30001000 stay
	// without app:1, 50001000 bytes go
}

func ExampleWhy() {
	g := small()
	for _, key := range []string{"layer", "old-layer"} {
		id, _ := g.Lookup(gc.Node{Type: content, Namespace: "default", Key: key})
		x := gc.Why(g, id, gc.Limits{})
		fmt.Printf("%s: kept %v\n", key, x.Kept)
		for _, step := range x.Chains[0] {
			nearly := ""
			if step.Missed {
				nearly = "nearly: "
			}
			fmt.Printf("  %s (%s%s)\n", g.Node(step.ID).Key, nearly, step.Reasons[0])
		}
	}
	// Output:
	// layer: kept true
	//   app:1 (record image)
	//   manifest (field target)
	//   layer (label containerd.io/gc.ref.content.l.0)
	// old-layer: kept false
	//   pull (nearly: expired 2026-08-01T00:00:00Z)
	//   old-layer (lease resource)
}

func ExampleDominators() {
	g := small()
	tree := gc.Dominators(g)
	for _, h := range tree.Top(10) {
		fmt.Println(g.Node(h.ID).Key, "alone keeps", h.Retained, "bytes in", h.RetainedObjects, "objects")
	}
	// Output:
	// app:1 alone keeps 30001000 bytes in 3 objects
}

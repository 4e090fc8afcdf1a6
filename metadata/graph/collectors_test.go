package graph_test

import (
	"slices"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// A resource of a collector stays if a lease, a root or a label leads to it, and it can keep another resource.
func TestCollectors(t *testing.T) {
	mount := func(key string) gc.Node { return gc.Node{Type: rules.ResourceMount, Namespace: "ns", Key: key} }
	image := gc.Node{Type: rules.ResourceImage, Namespace: "ns", Key: "i"}
	resources := []gc.Node{mount("leased"), mount("root"), mount("labelled"), mount("followed"), mount("back"), mount("garbage")}
	c := &graph.Collectors{
		Rules: []rules.Rule{rules.OfCollector("mount", rules.ResourceMount)},
		Nodes: resources,
		Leased: func(namespace, lease string, hold func(gc.Node)) {
			if namespace == "ns" && lease == "l" {
				hold(mount("leased"))
			}
		},
		Active: func(namespace string, root func(gc.Node), refer func(from, to gc.Node)) {
			if namespace == "ns" {
				root(mount("root"))
				refer(image, mount("back"))
			}
		},
		Follow: func(n gc.Node, keep func(gc.Node)) {
			if n == mount("root") {
				keep(mount("followed"))
			}
		},
	}
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		for _, path := range [][]string{
			{"v1", "ns", "leases", "l"}, {"v1", "ns", "images", "i", "labels"},
		} {
			b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
			for _, name := range path[1:] {
				if err == nil {
					b, err = b.CreateBucketIfNotExists([]byte(name))
				}
			}
			if err != nil {
				return err
			}
		}
		labels := tx.BucketAt("v1", "ns", "images", "i", "labels")
		if err := labels.Put([]byte("containerd.io/gc.ref.mount"), []byte("labelled")); err != nil {
			return err
		}
		p, err := graph.Plan(tx.Freeze(), graph.Options{Collectors: c}, nil)
		if err != nil {
			return err
		}
		var kept []string
		for _, n := range resources {
			if id, ok := p.Marks().Graph().Lookup(n); ok && p.Marks().Reached(id) {
				kept = append(kept, n.Key)
			}
		}
		if want := []string{"leased", "root", "labelled", "followed", "back"}; !slices.Equal(kept, want) {
			t.Errorf("keeps %q, want %q", kept, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package proptest_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// resourceType is the type of the resources of Collectors in tests.
const resourceType = 20

// native is a Collector with some of the optional methods. It has the resources of a script.
type native struct {
	script        engine.Script
	back, forward bool
	ended         []string // "finish" or "cancel" for each collection
}

func (c *native) ReferenceLabel() string { return c.script.Label }

func (c *native) StartCollection(context.Context) (metadata.CollectionContext, error) {
	run := &nativeRun{c: c}
	back, forward := nativeBack{run}, nativeForward{run}
	switch {
	case c.back && c.forward:
		return struct {
			*nativeRun
			nativeBack
			nativeForward
		}{run, back, forward}, nil
	case c.back:
		return struct {
			*nativeRun
			nativeBack
		}{run, back}, nil
	case c.forward:
		return struct {
			*nativeRun
			nativeForward
		}{run, forward}, nil
	}
	return run, nil
}

// stripped returns the script without the entries for which the Collector has no method.
func (c *native) stripped() (s engine.Script) {
	s.Label = c.script.Label
	for _, t := range c.script.Resources {
		if !c.back {
			t.BackRefs = nil
		}
		if !c.forward {
			t.Refs = nil
		}
		s.Resources = append(s.Resources, t)
	}
	return s
}

// nativeRun is a collection of a native Collector.
type nativeRun struct {
	c       *native
	removed []gc.Node
}

func resourceNode(t op.ScriptedResource) gc.Node {
	return gc.Node{Type: resourceType, Namespace: t.Namespace, Key: t.Key}
}

func (r *nativeRun) each(keep func(op.ScriptedResource) bool, fn func(gc.Node)) {
	for _, t := range r.c.script.Resources {
		if keep(t) {
			fn(resourceNode(t))
		}
	}
}

func (r *nativeRun) All(fn func(gc.Node)) {
	r.each(func(op.ScriptedResource) bool { return true }, fn)
}

func (r *nativeRun) Active(ns string, fn func(gc.Node)) {
	r.each(func(t op.ScriptedResource) bool { return t.Active && t.Namespace == ns }, fn)
}

func (r *nativeRun) Leased(ns, lease string, fn func(gc.Node)) {
	r.each(func(t op.ScriptedResource) bool { return t.Namespace == ns && slices.Contains(t.Leases, lease) }, fn)
}

func (r *nativeRun) Remove(n gc.Node) { r.removed = append(r.removed, n) }

func (r *nativeRun) Cancel() error {
	r.c.ended = append(r.c.ended, "cancel")
	return nil
}

func (r *nativeRun) Finish() error {
	r.c.ended = append(r.c.ended, "finish")
	r.c.script.Resources = slices.DeleteFunc(slices.Clone(r.c.script.Resources), func(t op.ScriptedResource) bool {
		return slices.Contains(r.removed, resourceNode(t))
	})
	return nil
}

type nativeBack struct{ run *nativeRun }

func (b nativeBack) ActiveWithBackRefs(ns string, fn func(gc.Node), bref func(from, to gc.Node)) {
	b.run.Active(ns, fn)
	for _, t := range b.run.c.script.Resources {
		for _, name := range t.BackRefs {
			if from, err := metadata.ParseNode(name); err == nil && t.Namespace == ns {
				bref(from, resourceNode(t))
			}
		}
	}
}

type nativeForward struct{ run *nativeRun }

func (f nativeForward) References(_ context.Context, n gc.Node, fn func(gc.Node)) {
	for _, t := range f.run.c.script.Resources {
		for _, name := range t.Refs {
			if to, err := metadata.ParseNode(name); err == nil && resourceNode(t) == n {
				fn(to)
			}
		}
	}
}

// TestCollectors gives a node a Collector with each choice of optional methods, and a fork of the node the script with
// the entries for these methods. Both must plan and collect the same.
func TestCollectors(t *testing.T) {
	p := gopter.DefaultGenParameters().CloneWithSeed(2).WithSize(40)
	kept := 0
	for i := range 40 / slower {
		h := generate.ChanceOf(p).History(generate.Calm)
		node := newNode(t, engine.WithoutSchedule())
		for _, o := range h.Ops {
			node.Apply(t.Context(), o)
		}
		for _, ns := range []string{"a", "b"} {
			must(t, node, op.OK, engine.Op{Name: op.LeasesCreate, Header: engine.Header{NS: ns}, Args: op.LeasesCreateArgs{ID: "held"}})
			image := imageOp(ns).Args.(op.ImageRecord)
			image.Image.Name, image.Image.Labels = "referrer", map[string]string{generate.Prefix + "ref.scripted/1": "k1"}
			must(t, node, op.OK, engine.Op{Name: op.ImagesCreate, Header: engine.Header{NS: ns}, Args: image})
		}
		before, err := node.Plan()
		if err != nil {
			t.Fatal(err)
		}
		c := &native{back: i%2 == 0, forward: i%4 < 2, script: engine.Script{Label: "scripted"}}
		some := func(names ...string) (list []string) {
			for _, name := range names {
				if p.Rng.Intn(3) == 0 {
					list = append(list, name)
				}
			}
			return list
		}
		for n := range 8 {
			ns := []string{"a", "b"}[p.Rng.Intn(2)]
			c.script.Resources = append(c.script.Resources, op.ScriptedResource{
				Namespace: ns, Key: fmt.Sprint("k", n), Active: p.Rng.Intn(5) == 0, Leases: some("held", "none"),
				Refs:     some(append(before.Removed, "image/a/none")...),
				BackRefs: some(append(before.Removed, "image/a/referrer", "image/b/none")...),
			})
		}
		scripted := node.Fork()
		if err := node.RegisterCollector(resourceType, c); err != nil {
			t.Fatal(err)
		}
		if err := scripted.SetScript(resourceType, c.stripped()); err != nil {
			t.Fatal(err)
		}
		again, script := node.RegisterCollector(resourceType, c), node.SetScript(resourceType, engine.Script{})
		if !errdefs.IsAlreadyExists(again) || !errdefs.IsInvalidArgument(script) || strings.Contains(again.Error()+script.Error(), "%!") {
			t.Errorf("a type has two Collectors: %v, %v", again, script)
		}
		if _, ok := node.ScriptOf(resourceType); ok {
			t.Error("a native Collector has a script")
		}
		ours, err := node.Plan()
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := scripted.Plan()
		if err != nil || !slices.Equal(ours.Removed, theirs.Removed) {
			t.Fatalf("a Collector with back references: %t, references: %t plans %v and not %v: %v", c.back, c.forward, ours.Removed, theirs.Removed, err)
		}
		if len(c.ended) != 0 && slices.Contains(c.ended, "finish") {
			t.Errorf("a plan ends with %v", c.ended)
		}
		c.ended = nil
		removed, err := node.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, err := scripted.Collect(t.Context())
		if err != nil || !slices.Equal(removed.Removed, want.Removed) || node.Hash() != scripted.Hash() {
			t.Fatalf("a Collector with back references: %t, references: %t removes %v and not %v: %v", c.back, c.forward, removed.Removed, want.Removed, err)
		}
		left, _ := scripted.ScriptOf(resourceType)
		if !reflect.DeepEqual(left, c.stripped()) || !slices.Equal(c.ended, []string{"finish"}) {
			t.Fatalf("%+v is left and not %+v; the collection ends with %v", c.stripped(), left, c.ended)
		}
		kept += len(left.Resources)
		scripted.Close()
	}
	if kept == 0 {
		t.Error("no resource is kept")
	}
}

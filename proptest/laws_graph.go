package proptest

import (
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkOrder makes the same records in reverse order, as far as their dependencies allow, and compares the results of a
// collection.
func checkOrder(t *trial, h generate.History) *violation {
	first := t.start(h.Setup)
	for _, o := range h.Ops {
		if first.Apply(o).Code != op.OK {
			return nil // some calls depend on the order, rightly
		}
	}
	second := t.start(h.Setup)
	for waiting := grouped(h.Ops); len(waiting) > 0; {
		var failed [][]engine.Op
		for _, group := range slices.Backward(waiting) {
			for _, o := range group {
				if second.Apply(o).Code != op.OK {
					failed = append(failed, group)
					break
				}
			}
		}
		if len(failed) == len(waiting) {
			return newViolation("the order decided whether calls succeed", "%s fails in the reverse order", failed[0][0])
		}
		slices.Reverse(failed)
		waiting = failed
	}
	return sameAfterCollection(t, first, second, "in reverse order")
}

// grouped groups Ops that together make one record.
func grouped(ops []engine.Op) (groups [][]engine.Op) {
	for _, o := range ops {
		switch o.Args.(type) {
		case op.WritersWriteArgs, op.WritersCommitArgs, op.SnapshotsCommitArgs, op.Named:
			if n := len(groups); n > 0 {
				groups[n-1] = append(groups[n-1], o)
				continue
			}
		}
		groups = append(groups, []engine.Op{o})
	}
	return groups
}

// sameAfterCollection collects on two systems and compares the remaining objects.
func sameAfterCollection(t *trial, first, second System, how string) *violation {
	for _, s := range []System{first, second} {
		if _, b := t.collect(s); b != nil {
			return b
		}
	}
	a, b := objectsOf(first), objectsOf(second)
	if more := gone(a, b); len(more) > 0 {
		return newViolation("fewer objects are kept", "%s, %s is not kept", how, more[0])
	}
	if more := gone(b, a); len(more) > 0 {
		return newViolation("more objects are kept", "%s, %s is kept, too", how, more[0])
	}
	return nil
}

// checkMonotone compares the removals of a collection before and after the last Op, which adds a reference.
func checkMonotone(t *trial, h generate.History) *violation {
	if len(h.Ops) == 0 || !addsReference(h.Ops[len(h.Ops)-1]) {
		return nil
	}
	without, with := t.replay(h.Setup, h.Ops[:len(h.Ops)-1]), t.replay(h.Setup, h.Ops)
	before, b := t.collect(without)
	if b != nil {
		return b
	}
	after, b := t.collect(with)
	if b != nil {
		return b
	}
	for _, o := range after {
		if !slices.Contains(before, o) {
			return newViolation("a reference removed more", "with it, %s is removed too", o)
		}
	}
	return nil
}

// addsReference reports whether an Op only adds a reference label that nothing else uses.
func addsReference(o engine.Op) bool {
	var paths []string
	switch a := o.Args.(type) {
	case op.ContentUpdateArgs:
		paths = a.Paths
	case op.SnapshotsUpdateArgs:
		paths = a.Paths
	case op.ImageRecord:
		paths = a.Paths
	}
	return len(paths) == 1 && strings.HasPrefix(paths[0], "labels."+generate.Prefix+"ref.") && strings.HasSuffix(paths[0], "/new")
}

// checkBackReferences makes the same graph with each reference turned into a back reference on its target.
func checkBackReferences(t *trial, h generate.History) *violation {
	forward := t.start(h.Setup)
	for _, o := range h.Ops {
		if forward.Apply(o).Code != op.OK {
			return nil
		}
	}
	back := t.start(h.Setup)
	for _, o := range turned(h.Ops) {
		if r := back.Apply(o); r.Code != op.OK {
			return newViolation("back references decided whether calls succeed", "%s: %s (%s)", o, r.Code, r.Error)
		}
	}
	return sameAfterCollection(t, forward, back, "with back references")
}

// turned returns Ops with each reference between two of their records turned into a back reference.
func turned(ops []engine.Op) []engine.Op {
	makers := map[object]int{}
	for i, op := range ops {
		if o, _, ok := made(op); ok {
			makers[o] = i
		}
	}
	ops = slices.Clone(ops)
	relabel := func(i int, fn func(labels map[string]string)) {
		_, labels, _ := made(ops[i])
		labels = maps.Clone(labels)
		if labels == nil {
			labels = map[string]string{}
		}
		fn(labels)
		ops[i] = labelled(ops[i], labels)
	}
	for i := range ops {
		from, labels, ok := made(ops[i])
		if !ok {
			continue
		}
		for key, value := range labels {
			kind, name, ok := referredTo(key, value)
			to, there := makers[object{from.ns, kind, name}]
			if !ok || !there {
				continue
			}
			relabel(i, func(labels map[string]string) { delete(labels, key) })
			form, value := string(from.kind), from.name
			if from.kind == kindSnapshot {
				snapshotter, key, _ := strings.Cut(from.name, "/")
				form, value = "snapshot."+snapshotter, key
			}
			relabel(to, func(labels map[string]string) {
				labels[generate.Prefix+"bref."+form+"/"+strings.ReplaceAll(key, "/", ".")+value] = value
			})
		}
	}
	return ops
}

// referredTo returns the object that a reference label names.
func referredTo(key, value string) (of kind, name string, ok bool) {
	form, ok := strings.CutPrefix(key, generate.Prefix+"ref.")
	switch {
	case !ok:
	case strings.HasPrefix(form, "content."):
		return kindContent, value, true
	case strings.HasPrefix(form, "image."):
		return kindImage, value, true
	case strings.HasPrefix(form, "snapshot.s/"):
		return kindSnapshot, "s/" + value, true
	}
	return "", "", false
}

// made returns the record that an Op makes, if it can be a target of references, and its labels.
func made(o engine.Op) (object, map[string]string, bool) {
	switch a := o.Args.(type) {
	case op.WritersCommitArgs:
		return object{o.NS, kindContent, string(a.Expected)}, a.Labels, true
	case op.SnapshotCreate:
		return object{o.NS, kindSnapshot, a.Snapshotter + "/" + a.Key}, a.Labels, true
	case op.ImageRecord:
		return object{o.NS, kindImage, a.Image.Name}, a.Image.Labels, o.Name == op.ImagesCreate
	}
	return object{}, nil, false
}

// labelled returns the Op with other labels.
func labelled(o engine.Op, labels map[string]string) engine.Op {
	switch a := o.Args.(type) {
	case op.WritersCommitArgs:
		a.Labels = labels
		o.Args = a
	case op.SnapshotCreate:
		a.Labels = labels
		o.Args = a
	case op.ImageRecord:
		a.Image.Labels = labels
		o.Args = a
	}
	return o
}

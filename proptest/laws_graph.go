package proptest

import (
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkOrder makes the same records in reverse order, as far as their dependencies allow, and compares the results of a
// collection.
func checkOrder(t *trial, h generate.History) *violation {
	first := t.start(h.Setup)
	for _, op := range h.Ops {
		if first.Apply(op).Code != engine.OK {
			return nil // some calls depend on the order, rightly
		}
	}
	second := t.start(h.Setup)
	for waiting := grouped(h.Ops); len(waiting) > 0; {
		var failed [][]engine.Op
		for _, group := range slices.Backward(waiting) {
			for _, op := range group {
				if second.Apply(op).Code != engine.OK {
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
	for _, op := range ops {
		switch op.Args.(type) {
		case engine.WriterWrite, engine.WriterCommit, engine.SnapshotCommit, engine.Named:
			if n := len(groups); n > 0 {
				groups[n-1] = append(groups[n-1], op)
				continue
			}
		}
		groups = append(groups, []engine.Op{op})
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
func addsReference(op engine.Op) bool {
	var paths []string
	switch a := op.Args.(type) {
	case engine.BlobUpdate:
		paths = a.Paths
	case engine.SnapshotUpdate:
		paths = a.Paths
	case engine.ImageRecord:
		paths = a.Paths
	}
	return len(paths) == 1 && strings.HasPrefix(paths[0], "labels."+generate.Prefix+"ref.") && strings.HasSuffix(paths[0], "/new")
}

// checkBackReferences makes the same graph with each reference turned into a back reference on its target.
func checkBackReferences(t *trial, h generate.History) *violation {
	forward := t.start(h.Setup)
	for _, op := range h.Ops {
		if forward.Apply(op).Code != engine.OK {
			return nil
		}
	}
	back := t.start(h.Setup)
	for _, op := range turned(h.Ops) {
		if r := back.Apply(op); r.Code != engine.OK {
			return newViolation("back references decided whether calls succeed", "%s: %s (%s)", op, r.Code, r.Error)
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
func made(op engine.Op) (object, map[string]string, bool) {
	switch a := op.Args.(type) {
	case engine.WriterCommit:
		return object{op.NS, kindContent, string(a.Expected)}, a.Labels, true
	case engine.SnapshotCreate:
		return object{op.NS, kindSnapshot, a.Snapshotter + "/" + a.Key}, a.Labels, true
	case engine.ImageRecord:
		return object{op.NS, kindImage, a.Image.Name}, a.Image.Labels, op.Name == "images.create"
	}
	return object{}, nil, false
}

// labelled returns the Op with other labels.
func labelled(op engine.Op, labels map[string]string) engine.Op {
	switch a := op.Args.(type) {
	case engine.WriterCommit:
		a.Labels = labels
		op.Args = a
	case engine.SnapshotCreate:
		a.Labels = labels
		op.Args = a
	case engine.ImageRecord:
		a.Image.Labels = labels
		op.Args = a
	}
	return op
}

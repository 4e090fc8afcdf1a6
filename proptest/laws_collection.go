package proptest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkSwept releases every object and collects. Then nothing may be left in the metadata or in the backends.
func checkSwept(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	closeWriters(s, h.Ops)
	all := objectsOf(s)
	for _, o := range sorted(all) {
		if call, ok := release(o, all[o]); ok {
			if r := s.Apply(call); r.Code != op.OK {
				return newViolation("a release failed", "%s: %s (%s)", call, r.Code, r.Error)
			}
		}
	}
	if r := s.Apply(collect); r.Code != op.OK {
		return newViolation("a collection failed", "%s: %s", r.Code, r.Error)
	}
	state := stateOf(s)
	for _, left := range sorted(objects(state.Metadata)) {
		return newViolation("left in the metadata: "+string(left.kind), "%s is still stored, but nothing keeps it", left)
	}
	for o, record := range all {
		if held(state, o, record) {
			return newViolation("left in a backend: "+string(o.kind), "the backend still has %s, but the metadata does not", o)
		}
	}
	return nil
}

// closeWriters closes the writers that Ops may have left open.
func closeWriters(s System, ops []engine.Op) {
	for _, o := range ops {
		if a, ok := o.Args.(op.WritersOpenArgs); ok {
			s.Apply(engine.Op{Name: op.WritersClose, Header: engine.Header{NS: o.NS}, Args: op.Named{Name: a.Name}})
		}
	}
}

// release returns an Op after which the object is no root and keeps nothing.
func release(o object, record memkv.Frozen) (engine.Op, bool) {
	call := engine.Op{Header: engine.Header{NS: o.ns}}
	switch o.kind {
	case kindImage:
		call.Name, call.Args = op.ImagesDelete, op.ImagesDeleteArgs{Name: o.name}
	case kindContainer:
		call.Name, call.Args = op.ContainersDelete, op.Identified{ID: o.name}
	case kindSandbox:
		call.Name, call.Args = op.SandboxesDelete, op.Identified{ID: o.name}
	case kindLease:
		call.Name, call.Args = op.LeasesDelete, op.LeasesDeleteArgs{ID: o.name}
	case kindIngest:
		call.Name, call.Args = op.ContentAbort, op.Ingest{Ref: o.name}
	case kindContent:
		call.Name, call.Args = op.ContentUpdate, op.ContentUpdateArgs{Info: content.Info{Digest: digest.Digest(o.name)}, Paths: []string{"labels"}}
	case kindSnapshot:
		snapshotter, key, _ := strings.Cut(o.name, "/")
		call.Name, call.Args = op.SnapshotsUpdate, op.SnapshotsUpdateArgs{Snapshotter: snapshotter, Info: snapshots.Info{Name: key}, Paths: []string{"labels"}}
	}
	return call, o.kind != kindContent && o.kind != kindSnapshot || len(labelsOf(record)) > 0
}

// held reports whether a backend has the data of a record.
func held(state State, o object, record memkv.Frozen) bool {
	ctx := context.Background()
	switch o.kind {
	case kindContent:
		_, err := state.Content.Info(ctx, digest.Digest(o.name))
		return err == nil
	case kindSnapshot:
		snapshotter, _, _ := strings.Cut(o.name, "/")
		_, err := state.Snapshots[snapshotter].Stat(ctx, string(record.Get("name")))
		return err == nil
	}
	return false
}

// checkOrphans ends what is under way and collects. Then records must name all data in the backends.
func checkOrphans(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	if t.promises[Faults] {
		s.Apply(engine.Op{Name: op.FaultsClear})
	}
	if stateOf(s).Down {
		s.Apply(engine.Op{Name: op.NodeCrash})
	}
	for _, o := range h.Ops {
		if a, ok := o.Args.(op.TxBeginArgs); ok {
			s.Apply(engine.Op{Name: op.TxRollback, Args: op.Named{Name: a.Name}})
		}
	}
	closeWriters(s, h.Ops)
	for _, o := range orphans(stateOf(s)) {
		t.mark("an orphan before the last collection: " + string(o.kind))
	}
	if _, b := t.collect(s); b != nil {
		return b
	}
	for _, o := range orphans(stateOf(s)) {
		return newViolation("left in a backend: "+string(o.kind), "after a collection, no record names %s", o)
	}
	return nil
}

// orphans returns the data in the backends that no record names, under its names in the backends.
func orphans(state State) (all []object) {
	named := map[object]bool{}
	for o, record := range objects(state.Metadata) {
		switch snapshotter, _, _ := strings.Cut(o.name, "/"); o.kind {
		case kindContent:
			named[object{kind: kindContent, name: o.name}] = true
		case kindIngest:
			named[object{kind: kindIngest, name: record.Text("ref")}] = true
			named[object{kind: kindContent, name: record.Text("expected")}] = true
		case kindSnapshot:
			named[object{kind: kindSnapshot, name: snapshotter + "/" + record.Text("name")}] = true
		}
	}
	note := func(kind kind, name string) error {
		if o := (object{kind: kind, name: name}); !named[o] {
			all = append(all, o)
		}
		return nil
	}
	ctx := context.Background()
	err := errors.Join(
		state.Content.Walk(ctx, func(info content.Info) error { return note(kindContent, string(info.Digest)) }),
		state.Content.WalkStatusRefs(ctx, func(ref string) error { return note(kindIngest, ref) }))
	for _, name := range slices.Sorted(maps.Keys(state.Snapshots)) {
		err = errors.Join(err, state.Snapshots[name].Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			return note(kindSnapshot, name+"/"+info.Name)
		}))
	}
	if err != nil {
		panic(systemError{err})
	}
	return all
}

// checkTwice checks that a second collection changes nothing.
func checkTwice(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	if _, b := t.collect(s); b != nil {
		return b
	}
	once := dump(stateOf(s).Metadata)
	more, b := t.collect(s)
	switch twice := dump(stateOf(s).Metadata); {
	case b != nil:
		return b
	case len(more) > 0:
		return newViolation("a second collection removed more", "%v", more)
	case once != twice:
		return newViolation("a second collection changed the database", "%s", difference(once, twice))
	}
	return nil
}

// checkPlan compares a plan with the following collection.
func checkPlan(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	r := s.Apply(engine.Op{Name: op.Plan})
	plan, ok := r.Value.(*examine.Plan)
	if !ok {
		return newViolation("no plan", "%s: %s", r.Code, r.Error)
	}
	went, b := t.collect(s)
	if b != nil {
		return b
	}
	var names []string
	for _, o := range went {
		names = append(names, o.String())
	}
	slices.Sort(names)
	if !slices.Equal(names, plan.Removed) {
		return newViolation("a plan and a collection differ", "planned %v, removed %v", plan.Removed, names)
	}
	return nil
}

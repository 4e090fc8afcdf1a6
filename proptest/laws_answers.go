package proptest

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// listLimit is above the length of any list in an answer about a history.
const listLimit = 1000

// checkExplanations compares the explanation of every object, and of every missing object that a reference names, with
// the references of the oracle's model.
func checkExplanations(t *trial, h generate.History) *violation {
	w := t.monitor(h.Setup)
	for _, o := range h.Ops {
		w.apply(o)
	}
	if w.problem != nil {
		return w.violation()
	}
	x := w.oracle.Explainer()
	for _, node := range x.Nodes() {
		why, b := explanationOf(w.System, node)
		if b != nil {
			return b
		}
		if p := x.Check(why); p != nil {
			return newViolation(string(p.Rule)+": "+strings.SplitN(node, "/", 2)[0], "%s", p.Detail)
		}
	}
	return nil
}

// explanationOf returns the explanation of a node.
func explanationOf(s System, node string) (*examine.Why, *violation) {
	return answer[*examine.Why](s, engine.Op{Name: op.Why, Args: op.WhyArgs{Node: node, Limit: listLimit}})
}

// checkFreed compares the garbage of an accounting with a collection. Then it deletes each holder, each set of holders
// that share objects, and each object on a fork of its own, collects there, and compares the removals with the answers
// about the original.
func checkFreed(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	closeWriters(s, h.Ops)
	before, b := partsOf(s, h.Setup)
	if b != nil {
		return b
	}
	garbage, b := t.collect(s)
	if b != nil {
		return b
	}
	if got, _ := before.within(nil); !slices.Equal(got, nodesOf(garbage)) {
		return newViolation("an accounting has other garbage than a collection", "%v and not %v", got, garbage)
	}
	parts, b := partsOf(s, h.Setup)
	if b != nil {
		return b
	}
	for _, part := range parts {
		var nodes []string
		for _, holder := range part.Holders {
			nodes = append(nodes, holder.Nodes...)
		}
		freed, bytes, b := t.freed(s, nodes)
		if b != nil {
			return b
		}
		if freed == nil {
			continue
		}
		if want, wantBytes := parts.within(nodes); !slices.Equal(want, freed) || wantBytes != bytes {
			return newViolation("an accounting attributes something else", "deleting %v frees %v with %d bytes, and not %v with %d bytes", nodes, freed, bytes, want, wantBytes)
		}
		if b := checkHypothetical(s, nodes, freed, bytes); b != nil {
			return b
		}
	}
	top, b := answer[*examine.Top](s, engine.Op{Name: op.Top, Args: op.TopArgs{Limit: listLimit}})
	if b != nil {
		return b
	}
	for _, o := range sorted(objectsOf(s)) {
		freed, bytes, b := t.freed(s, []string{o.String()})
		if b != nil {
			return b
		}
		if freed == nil {
			continue
		}
		i := slices.IndexFunc(top.Roots, func(h examine.Holding) bool { return h.Node == o.String() })
		if i >= 0 && (top.Roots[i].RetainedObjects != len(freed) || top.Roots[i].RetainedBytes != bytes) {
			return newViolation("a root retains something else", "deleting %s frees %v with %d bytes, and not %d objects with %d bytes", o, freed, bytes, top.Roots[i].RetainedObjects, top.Roots[i].RetainedBytes)
		}
		why, b := explanationOf(s, o.String())
		if b != nil {
			return b
		}
		if why.RetainedObjects != len(freed) || why.RetainedBytes != bytes {
			return newViolation("an object retains something else", "deleting %s frees %v with %d bytes, and not %d objects with %d bytes", o, freed, bytes, why.RetainedObjects, why.RetainedBytes)
		}
	}
	return nil
}

// checkHypothetical compares the plan of a hypothetical deletion with the objects that the deletion freed.
func checkHypothetical(s System, nodes, freed []string, bytes int64) *violation {
	r := s.Apply(engine.Op{Name: op.Plan, Args: op.PlanArgs{Deleted: nodes}})
	plan, ok := r.Value.(*examine.Plan)
	if !ok {
		return nil // a user can't delete these
	}
	gone := slices.Sorted(slices.Values(append(slices.Clone(plan.Removed), plan.Deleted...)))
	if gone = slices.Compact(gone); !slices.Equal(gone, freed) || plan.RemovedBytes != bytes {
		return newViolation("a plan foretells another deletion", "deleting %v frees %v with %d bytes, and not %v with %d bytes", nodes, freed, bytes, gone, plan.RemovedBytes)
	}
	return nil
}

// parts are the parts of an accounting.
type parts []examine.Contents

// partsOf accounts for the database of a system.
func partsOf(s System, setup engine.Setup) (parts, *violation) {
	state := stateOf(s)
	version, err := metadata.ParseVersion(setup.Rules)
	if setup.Rules == "" {
		version, err = metadata.Newest, nil
	}
	if err != nil {
		panic(systemError{err})
	}
	db, err := examine.Open(state.Metadata, examine.Options{At: state.Now, Containerd: version})
	if err == nil {
		var all parts
		if all, err = db.Contents(); err == nil {
			return all, nil
		}
	}
	return nil, newViolation("no accounting", "%v", err)
}

// within returns the nodes, sorted, and the bytes of the parts whose holders are all among the deleted nodes. Without
// deleted nodes it is the garbage.
func (p parts) within(deleted []string) (nodes []string, bytes int64) {
	for _, part := range p {
		kept := slices.ContainsFunc(part.Holders, func(h *examine.Holder) bool {
			return slices.ContainsFunc(h.Nodes, func(node string) bool { return !slices.Contains(deleted, node) })
		})
		if !kept {
			nodes, bytes = append(nodes, part.Nodes...), bytes+part.Bytes
		}
	}
	slices.Sort(nodes)
	return nodes, bytes
}

// freed deletes objects on a fork, and collects there. It returns the names of the objects that are gone, sorted, and
// the bytes of their blobs. It returns nil if the system refuses to delete one of them.
func (t *trial) freed(s System, nodes []string) (names []string, bytes int64, b *violation) {
	fork := t.own(s.(Forker).Fork())
	before := objectsOf(fork)
	for _, o := range sorted(before) {
		if slices.Contains(nodes, o.String()) && fork.Apply(deletion(o)).Code != op.OK {
			return nil, 0, nil
		}
	}
	if _, b := t.collect(fork); b != nil {
		return nil, 0, b
	}
	after := objectsOf(fork)
	return nodesOf(gone(before, after)), blobBytes(before) - blobBytes(after), nil
}

// deletion returns the Op that deletes an object.
func deletion(o object) engine.Op {
	call, _ := release(o, memkv.Frozen{})
	switch o.kind {
	case kindContent:
		call.Name, call.Args = op.ContentDelete, op.Blob{Digest: digest.Digest(o.name)}
	case kindSnapshot:
		snapshotter, key, _ := strings.Cut(o.name, "/")
		call.Name, call.Args = op.SnapshotsRemove, op.Snapshot{Snapshotter: snapshotter, Key: key}
	}
	return call
}

// blobBytes returns the sizes of all blobs. A blob in several namespaces counts once.
func blobBytes(all map[object]memkv.Frozen) (bytes int64) {
	sizes := map[string]int64{}
	for o, record := range all {
		if o.kind == kindContent {
			size, _ := binary.Varint(record.Get("size"))
			sizes[o.name] = max(sizes[o.name], size)
		}
	}
	for _, size := range sizes {
		bytes += size
	}
	return bytes
}

// nodesOf returns the names of objects, sorted.
func nodesOf(objects []object) (names []string) {
	for _, o := range objects {
		names = append(names, o.String())
	}
	slices.Sort(names)
	return names
}

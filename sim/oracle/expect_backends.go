package oracle

import (
	"context"
	"maps"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// A writer is an open content writer.
type writer struct {
	ns, ref string
	shares  string // the blob of another namespace that it commits without writing; "" for none
	closed  bool   // committed
}

func expectWriterOpen(o *Oracle, op engine.Op) outcome {
	a := args[engine.WriterOpen](op)
	if o.writers[a.Name] != nil {
		return resultOf(exists)
	}
	if dgst := a.Desc.Digest; dgst != "" && o.get(op, blobKey(dgst)) != nil {
		return o.hold(op, blobKey(dgst), resultOf(exists))
	}
	k := key{ingest, a.Ref}
	after := &object{}
	if old := o.get(op, k); old != nil {
		after = old.shallowCopy()
	}
	var times []time.Time
	if op.Lease == nil {
		times = o.current.times
		after.expireAt = o.now().Add(ingestLifetime)
	}
	shares := o.shares(a)
	if shares != "" {
		after.expected = shares
	}
	out := o.hold(op, k, outcome{code: engine.OK, changes: []change{{key: k, after: after, times: times, shares: o.current.uncertain}}})
	if out.code != engine.OK || shares != "" {
		return out
	}
	for _, w := range o.writers {
		if w.ns == op.NS && w.ref == a.Ref && !w.closed && w.shares == "" {
			return resultOf(unavailable)
		}
	}
	out.mayFail = o.hadFault // a writer that a fault left open may hold the reference
	return out
}

// shares returns the digest of the blob in another namespace that a new writer shares, or "".
func (o *Oracle) shares(a engine.WriterOpen) string {
	if a.Desc.Digest == "" || o.setup.Isolated {
		return ""
	}
	info, err := o.node.ContentBackend().Info(context.Background(), a.Desc.Digest)
	if err != nil || a.Desc.Size != 0 && a.Desc.Size != info.Size {
		return ""
	}
	return string(a.Desc.Digest)
}

func expectWriterWrite(o *Oracle, op engine.Op) outcome {
	w := o.writers[args[engine.WriterWrite](op).Name]
	out := found(w != nil)
	out.mayFail = w != nil && (w.closed || w.shares != "")
	return out
}

func expectWriterCommit(o *Oracle, op engine.Op) outcome {
	a := args[engine.WriterCommit](op)
	w := o.writers[a.Name]
	if w == nil {
		return resultOf(notFound)
	}
	if a.Expected == "" {
		return outcome{unmodelled: true}
	}
	op.NS = w.ns
	blob, from := blobKey(a.Expected), key{ingest, w.ref}
	out := outcome{code: engine.OK, changes: []change{{key: blob, after: &object{labels: stored(a.Labels)}}}}
	if o.get(op, blob) != nil {
		out = resultOf(exists)
	}
	if o.get(op, from) != nil {
		out.changes = append(out.changes, change{key: from})
	}
	out = o.hold(op, blob, o.release(op, from, out))
	out.mayFail = true // the written bytes may not match the digest, or the ingest is gone
	out.ns = w.ns
	return out
}

func expectSnapshot(o *Oracle, op engine.Op) outcome {
	a := args[engine.Snapshot](op)
	s := o.get(op, key{snapshot, a.Snapshotter + "/" + a.Key})
	out := found(s != nil)
	out.mayFail = s != nil && s.backendUnknown
	return out
}

// createSnapshot returns the outcome of preparing a snapshot of the form 'a'ctive or 'v'iew.
func (o *Oracle) createSnapshot(op engine.Op, form byte) outcome {
	a := args[engine.SnapshotCreate](op)
	if a.Labels["containerd.io/snapshot.ref"] != "" {
		return outcome{unmodelled: true}
	}
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(op, k) != nil {
		return o.hold(op, k, resultOf(exists))
	}
	out := outcome{code: engine.OK, changes: []change{{key: k, after: &object{labels: stored(a.Labels), parent: a.Parent, form: form}}}, mayFail: o.leftovers}
	if a.Parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + a.Parent}
		parent := o.get(op, p)
		switch {
		case parent == nil:
			return outcome{code: notFound, mayFail: o.leftovers}
		case parent.backendUnknown || parent.form == 0:
			out.mayFail = true
		case parent.form != 'c':
			return resultOf(invalid)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key})
	}
	return o.hold(op, k, out)
}

func expectSnapshotCommit(o *Oracle, op engine.Op) outcome {
	a := args[engine.SnapshotCommit](op)
	name, k := key{snapshot, a.Snapshotter + "/" + a.Name}, key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(op, name) != nil {
		return o.hold(op, name, resultOf(exists))
	}
	if op.Lease != nil && o.get(op, key{lease, *op.Lease}) == nil {
		return resultOf(notFound)
	}
	active := o.get(op, k)
	if active == nil {
		return resultOf(notFound)
	}
	parent := active.parent
	if parent == "" {
		parent = a.Parent
	}
	out := outcome{code: engine.OK, changes: []change{
		{key: name, after: &object{labels: stored(a.Labels), parent: parent, form: 'c'}},
		{key: k},
	}}
	if parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + parent}
		if o.get(op, p) == nil {
			return resultOf(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true}, change{key: p, child: a.Name})
	}
	if active.form != 'a' && !active.backendUnknown && active.form != 0 {
		return resultOf(precondition)
	}
	// An earlier, failed commit may have used the same key in the backend.
	out.mayFail = active.backendUnknown || a.Parent != "" || o.hadFault || o.leftovers
	return o.hold(op, name, o.release(op, k, out))
}

func expectSnapshotRemove(o *Oracle, op engine.Op) outcome {
	a := args[engine.Snapshot](op)
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	s := o.get(op, k)
	switch {
	case s == nil:
		return resultOf(notFound)
	case len(s.children) > 0:
		for name := range maps.Keys(s.children) {
			if o.get(op, key{snapshot, a.Snapshotter + "/" + name}) == nil {
				o.mark(CollectedChildBlocks)
				break
			}
		}
		return resultOf(precondition)
	}
	out := outcome{code: engine.OK, changes: []change{{key: k}}}
	if s.parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + s.parent}
		if o.get(op, p) == nil {
			return resultOf(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true})
	}
	return o.release(op, k, out)
}

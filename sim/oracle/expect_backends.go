package oracle

import (
	"context"
	"maps"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A writer is an open content writer.
type writer struct {
	ns, ref string
	shares  string // the blob of another namespace that it commits without writing; "" for none
	closed  bool   // committed
}

func expectWriterOpen(o *Oracle, request engine.Op) outcome {
	a := args[op.WritersOpenArgs](request)
	if o.writers[a.Name] != nil {
		return resultOf(exists)
	}
	if dgst := a.Desc.Digest; dgst != "" && o.get(request, blobKey(dgst)) != nil {
		return o.hold(request, blobKey(dgst), resultOf(exists))
	}
	k := key{ingest, a.Ref}
	after := &object{}
	if old := o.get(request, k); old != nil {
		after = old.shallowCopy()
	}
	var times []time.Time
	if request.Lease == nil {
		times = o.current.times
		after.expireAt = o.now().Add(ingestLifetime)
	}
	shares := o.shares(a)
	if shares != "" {
		after.expected = shares
	}
	out := o.hold(request, k, outcome{code: op.OK, changes: []change{{key: k, after: after, times: times, shares: o.current.uncertain}}})
	if out.code != op.OK || shares != "" {
		return out
	}
	for _, w := range o.writers {
		if w.ns == request.NS && w.ref == a.Ref && !w.closed && w.shares == "" {
			return resultOf(unavailable)
		}
	}
	out.mayFail = o.hadFault // a writer that a fault left open may hold the reference
	return out
}

// shares returns the digest of the blob in another namespace that a new writer shares, or "".
func (o *Oracle) shares(a op.WritersOpenArgs) string {
	if a.Desc.Digest == "" || o.setup.Isolated {
		return ""
	}
	info, err := o.node.ContentBackend().Info(context.Background(), a.Desc.Digest)
	if err != nil || a.Desc.Size != 0 && a.Desc.Size != info.Size {
		return ""
	}
	return string(a.Desc.Digest)
}

func expectWriterWrite(o *Oracle, request engine.Op) outcome {
	w := o.writers[args[op.WritersWriteArgs](request).Name]
	out := found(w != nil)
	out.mayFail = w != nil && (w.closed || w.shares != "")
	return out
}

func expectWriterCommit(o *Oracle, request engine.Op) outcome {
	a := args[op.WritersCommitArgs](request)
	w := o.writers[a.Name]
	if w == nil {
		return resultOf(notFound)
	}
	if a.Expected == "" {
		return outcome{unmodelled: true}
	}
	request.NS = w.ns
	blob, from := blobKey(a.Expected), key{ingest, w.ref}
	out := outcome{code: op.OK, changes: []change{{key: blob, after: &object{labels: stored(a.Labels)}}}}
	if o.get(request, blob) != nil {
		out = resultOf(exists)
	}
	if o.get(request, from) != nil {
		out.changes = append(out.changes, change{key: from})
	}
	out = o.hold(request, blob, o.release(request, from, out))
	out.mayFail = true // the written bytes may not match the digest, or the ingest is gone
	out.ns = w.ns
	return out
}

func expectSnapshot(o *Oracle, request engine.Op) outcome {
	a := args[op.Snapshot](request)
	s := o.get(request, key{snapshot, a.Snapshotter + "/" + a.Key})
	out := found(s != nil)
	out.mayFail = s != nil && s.backendUnknown
	return out
}

// createSnapshot returns the outcome of preparing a snapshot of the form 'a'ctive or 'v'iew.
func (o *Oracle) createSnapshot(request engine.Op, form byte) outcome {
	a := args[op.SnapshotCreate](request)
	if a.Labels["containerd.io/snapshot.ref"] != "" {
		return outcome{unmodelled: true}
	}
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(request, k) != nil {
		return o.hold(request, k, resultOf(exists))
	}
	out := outcome{code: op.OK, changes: []change{{key: k, after: &object{labels: stored(a.Labels), parent: a.Parent, form: form}}}, mayFail: o.leftovers}
	if a.Parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + a.Parent}
		parent := o.get(request, p)
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
	return o.hold(request, k, out)
}

func expectSnapshotCommit(o *Oracle, request engine.Op) outcome {
	a := args[op.SnapshotsCommitArgs](request)
	name, k := key{snapshot, a.Snapshotter + "/" + a.Name}, key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(request, name) != nil {
		return o.hold(request, name, resultOf(exists))
	}
	if request.Lease != nil && o.get(request, key{lease, *request.Lease}) == nil {
		return resultOf(notFound)
	}
	active := o.get(request, k)
	if active == nil {
		return resultOf(notFound)
	}
	parent := active.parent
	if parent == "" {
		parent = a.Parent
	}
	out := outcome{code: op.OK, changes: []change{
		{key: name, after: &object{labels: stored(a.Labels), parent: parent, form: 'c'}},
		{key: k},
	}}
	if parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + parent}
		if o.get(request, p) == nil {
			return resultOf(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true}, change{key: p, child: a.Name})
	}
	if active.form != 'a' && !active.backendUnknown && active.form != 0 {
		return resultOf(precondition)
	}
	// An earlier, failed commit may have used the same key in the backend.
	out.mayFail = active.backendUnknown || a.Parent != "" || o.hadFault || o.leftovers
	return o.hold(request, name, o.release(request, k, out))
}

func expectSnapshotRemove(o *Oracle, request engine.Op) outcome {
	a := args[op.Snapshot](request)
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	s := o.get(request, k)
	switch {
	case s == nil:
		return resultOf(notFound)
	case len(s.children) > 0:
		for name := range maps.Keys(s.children) {
			if o.get(request, key{snapshot, a.Snapshotter + "/" + name}) == nil {
				o.mark(CollectedChildBlocks)
				break
			}
		}
		return resultOf(precondition)
	}
	out := outcome{code: op.OK, changes: []change{{key: k}}}
	if s.parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + s.parent}
		if o.get(request, p) == nil {
			return resultOf(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true})
	}
	return o.release(request, k, out)
}

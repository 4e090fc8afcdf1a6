package oracle

import (
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/leases"
)

func blobKey(d digest.Digest) key { return key{content, string(d)} }

// get returns the object that an Op sees in its namespace, or nil.
func (o *Oracle) get(op engine.Op, k key) *object { return o.visible(op.Tx, op.NS, k) }

// create returns the outcome of creating a record.
func (o *Oracle) create(request engine.Op, k key, after *object) outcome {
	if o.get(request, k) != nil {
		return resultOf(exists)
	}
	return outcome{code: op.OK, changes: []change{{key: k, after: after}}}
}

// remove returns the outcome of deleting a record.
func (o *Oracle) remove(request engine.Op, k key) outcome {
	if o.get(request, k) == nil {
		return resultOf(notFound)
	}
	return outcome{code: op.OK, changes: []change{{key: k}}}
}

// relabel returns the outcome of updating the labels of a record. known is false if the call may update other fields
// too, which the model does not predict.
func (o *Oracle) relabel(request engine.Op, k key, labels map[string]string, paths []string, known bool) outcome {
	old := o.get(request, k)
	if old == nil {
		return resultOf(notFound)
	}
	after := old.shallowCopy()
	var ok bool
	if after.labels, ok = updated(old.labels, labels, paths); !ok || !known {
		return outcome{unmodelled: true}
	}
	return outcome{code: op.OK, changes: []change{{key: k, after: after}}, mayFail: old.backendUnknown}
}

// hold adds the object to the Op's lease. Without that lease the call fails.
func (o *Oracle) hold(op engine.Op, k key, out outcome) outcome {
	if op.Lease == nil {
		return out
	}
	l := key{lease, *op.Lease}
	if o.get(op, l) == nil {
		return outcome{code: notFound, mayFail: out.mayFail}
	}
	out.changes = append(out.changes, change{key: l, held: &k})
	return out
}

// release removes the object from the Op's lease.
func (o *Oracle) release(request engine.Op, k key, out outcome) outcome {
	if request.Lease == nil || out.code != op.OK && out.code != exists {
		return out
	}
	l := key{lease, *request.Lease}
	if held := o.get(request, l); held != nil && held.held[k] {
		out.changes = append(out.changes, change{key: l, held: &k, gone: true})
	}
	return out
}

// resource returns the outcome of adding a resource to a lease, or of removing it if gone is set.
func (o *Oracle) resource(request engine.Op, gone bool) outcome {
	a := args[op.LeaseResource](request)
	k, ok := resourceKey(a.Resource)
	if !ok {
		return outcome{unmodelled: true}
	}
	l := key{lease, a.ID}
	if o.get(request, l) == nil {
		return resultOf(notFound)
	}
	if _, err := digest.Parse(k.name); k.kind == content && err != nil {
		return resultOf(invalid)
	}
	return outcome{code: op.OK, changes: []change{{key: l, held: &k, gone: gone}}}
}

// resourceKey returns the key of a lease's resource. It is false for resources that the model does not know.
func resourceKey(r leases.Resource) (key, bool) {
	if snapshotter, ok := strings.CutPrefix(r.Type, "snapshots/"); ok {
		return key{snapshot, snapshotter + "/" + r.ID}, true
	}
	k, ok := leaseBuckets[r.Type]
	return key{k, r.ID}, ok && k != snapshot
}

func expectNamespaceCreate(o *Oracle, request engine.Op) outcome {
	if _, there := o.root().Bucket(args[op.NamespacesCreateArgs](request).Name); there {
		return resultOf(exists)
	}
	return resultOf(op.OK)
}

func expectNamespaceDelete(o *Oracle, request engine.Op) outcome {
	name := args[op.Named](request).Name
	s := o.space(name)
	if s.count[image]+s.count[content]+s.count[container]+s.count[snapshot] > 0 {
		return resultOf(precondition)
	}
	if _, there := o.root().Bucket(name); !there {
		return resultOf(notFound)
	}
	out := outcome{code: op.OK, ns: name}
	for _, at := range s.sorted() {
		out.changes = append(out.changes, change{key: at.key})
	}
	return out
}

// holdImage adds an image that can expire to the Op's lease. Images without expiry are not leased.
func (o *Oracle) holdImage(request engine.Op, k key, after *object, then func() outcome, labels map[string]string) outcome {
	if _, expires := labels[gcLabel+"expire"]; !expires {
		return then()
	}
	if request.Lease != nil && o.get(request, key{lease, *request.Lease}) == nil {
		return resultOf(notFound)
	}
	out := then()
	if out.code != op.OK {
		return out
	}
	return o.hold(request, k, out)
}

func expectImageUpdate(o *Oracle, request engine.Op) outcome {
	a := args[op.ImageRecord](request)
	k := key{image, a.Image.Name}
	old := o.get(request, k)
	if old == nil {
		return resultOf(notFound)
	}
	after := old.shallowCopy()
	var rest []string
	for _, path := range a.Paths {
		if path == "target" {
			after.target = string(a.Image.Target.Digest)
		} else {
			rest = append(rest, path)
		}
	}
	if len(a.Paths) == 0 {
		after.target = string(a.Image.Target.Digest)
	}
	if len(a.Paths) == 0 || len(rest) > 0 {
		var ok bool
		if after.labels, ok = updated(old.labels, a.Image.Labels, rest); !ok {
			return outcome{unmodelled: true}
		}
	}
	return o.holdImage(request, k, after, func() outcome {
		return outcome{code: op.OK, changes: []change{{key: k, after: after}}}
	}, after.labels)
}

func expectImageDelete(o *Oracle, request engine.Op) outcome {
	a := args[op.ImagesDeleteArgs](request)
	k := key{image, a.Name}
	old := o.get(request, k)
	if old == nil || a.Target != nil && a.Target.Digest != "" && string(a.Target.Digest) != old.target {
		return resultOf(notFound)
	}
	return o.release(request, k, o.remove(request, k))
}

package oracle

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/leases"
)

// A change is one thing that a call does to the database: to an object, to what a lease holds, or
// to what a snapshot knows of its children.
type change struct {
	key   key
	after *object // nil: the object goes; of no meaning for the others
	held  *key    // what the lease holds from now on, or
	gone  bool    // no longer
	child string  // whom the snapshot has as its child from now on, or no longer

	// times are those at which an ingest may have been begun that is to be given up a day later:
	// only what is stored tells.
	times []time.Time
	// shares says that the backend may have failed to tell that it has the blob.
	shares bool
}

// An outcome is what a call should come to.
type outcome struct {
	code    engine.Code
	changes []change

	loose  bool   // it may as well fail, in a way of which the model knows nothing
	silent bool   // the model has no opinion, since nothing that it knows of changes
	blind  bool   // the model doesn't know what the call changes
	ns     string // of the changes, if it isn't the Op's
}

const (
	notFound     engine.Code = "not_found"
	exists       engine.Code = "already_exists"
	precondition engine.Code = "failed_precondition"
	invalid      engine.Code = "invalid_argument"
	unavailable  engine.Code = "unavailable"
	aborted      engine.Code = "aborted"
)

func is(code engine.Code) outcome { return outcome{code: code} }

func found(there bool) outcome {
	if !there {
		return is(notFound)
	}
	return is(engine.OK)
}

// expectations say, by the names of Ops, what they should come to.
var expectations map[string]func(o *Oracle, op engine.Op) outcome

func init() {
	expectations = map[string]func(o *Oracle, op engine.Op) outcome{
		"namespaces.create": expectNamespaceCreate,
		"namespaces.delete": expectNamespaceDelete,

		"tx.commit":   expectEnd,
		"tx.rollback": expectEnd,

		"images.create": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.ImageRecord](op)
			k := key{image, a.Image.Name}
			after := &object{labels: stored(a.Image.Labels), target: string(a.Image.Target.Digest)}
			return o.holdImage(op, k, after, func() outcome { return o.create(op, k, after) }, a.Image.Labels)
		},
		"images.update": expectImageUpdate,
		"images.delete": expectImageDelete,
		"images.get": func(o *Oracle, op engine.Op) outcome {
			return found(o.get(op, key{image, args[engine.Named](op).Name}) != nil)
		},

		"containers.create": func(o *Oracle, op engine.Op) outcome {
			c := args[engine.ContainerRecord](op).Container
			if c.Runtime.Name == "" || c.Spec == nil || c.SnapshotKey != "" && c.Snapshotter == "" {
				return is(invalid)
			}
			after := &object{labels: stored(c.Labels)}
			if c.Snapshotter != "" {
				after.on = c.Snapshotter + "/" + c.SnapshotKey
			}
			return o.create(op, key{container, c.ID}, after)
		},
		"containers.update": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.ContainerRecord](op)
			return o.relabel(op, key{container, a.Container.ID}, a.Container.Labels, a.Paths, len(a.Paths) > 0)
		},
		"containers.delete": func(o *Oracle, op engine.Op) outcome {
			return o.remove(op, key{container, args[engine.Identified](op).ID})
		},

		"sandboxes.create": func(o *Oracle, op engine.Op) outcome {
			s := args[engine.SandboxRecord](op).Sandbox
			return o.create(op, key{sandbox, s.ID}, &object{labels: stored(s.Labels)})
		},
		"sandboxes.update": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.SandboxRecord](op)
			return o.relabel(op, key{sandbox, a.Sandbox.ID}, a.Sandbox.Labels, a.Paths, len(a.Paths) > 0)
		},
		"sandboxes.delete": func(o *Oracle, op engine.Op) outcome {
			return o.remove(op, key{sandbox, args[engine.Identified](op).ID})
		},

		"leases.create": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.LeaseCreate](op)
			return o.create(op, key{lease, a.ID}, &object{labels: stored(a.Labels), held: map[key]bool{}})
		},
		"leases.delete": func(o *Oracle, op engine.Op) outcome {
			return o.remove(op, key{lease, args[engine.LeaseDelete](op).ID})
		},
		"leases.addresource":    func(o *Oracle, op engine.Op) outcome { return o.resource(op, false) },
		"leases.deleteresource": func(o *Oracle, op engine.Op) outcome { return o.resource(op, true) },

		"content.info": func(o *Oracle, op engine.Op) outcome {
			return found(o.get(op, blobKey(args[engine.Blob](op).Digest)) != nil)
		},
		"content.read": func(o *Oracle, op engine.Op) outcome {
			return found(o.get(op, blobKey(args[engine.BlobRead](op).Digest)) != nil)
		},
		"content.update": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.BlobUpdate](op)
			return o.relabel(op, blobKey(a.Info.Digest), a.Info.Labels, a.Paths, true)
		},
		"content.delete": func(o *Oracle, op engine.Op) outcome {
			k := blobKey(args[engine.Blob](op).Digest)
			return o.release(op, k, o.remove(op, k))
		},
		"content.abort": func(o *Oracle, op engine.Op) outcome {
			k := key{ingest, args[engine.Ingest](op).Ref}
			out := o.release(op, k, o.remove(op, k))
			out.loose = true // the backend may have no such ingest, or a writer has it
			return out
		},
		"writers.open":   expectWriterOpen,
		"writers.write":  expectWriterWrite,
		"writers.commit": expectWriterCommit,
		"writers.close":  func(o *Oracle, op engine.Op) outcome { return found(o.writers[args[engine.Named](op).Name] != nil) },

		"snapshots.stat":    expectSnapshot,
		"snapshots.usage":   expectSnapshot,
		"snapshots.prepare": func(o *Oracle, op engine.Op) outcome { return o.snapshotCreate(op, 'a') },
		"snapshots.view":    func(o *Oracle, op engine.Op) outcome { return o.snapshotCreate(op, 'v') },
		"snapshots.commit":  expectSnapshotCommit,
		"snapshots.remove":  expectSnapshotRemove,
		"snapshots.update": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.SnapshotUpdate](op)
			return o.relabel(op, key{snapshot, a.Snapshotter + "/" + a.Info.Name}, a.Info.Labels, a.Paths, true)
		},
	}
}

// wellFormed reports whether a call has the namespace that it needs, and one that should succeed all names. What becomes
// of one that has not is not for the model to know.
func wellFormed(c *waiting) bool {
	if c.op.NS == "" && namespaced(c.op.Name) {
		return false
	}
	if c.out.code != engine.OK {
		return true
	}
	for _, ch := range c.out.changes {
		if c.op.NS == "" && c.out.ns == "" || !ch.key.wellFormed() || ch.held != nil && !ch.held.wellFormed() {
			return false
		}
		if ch.key.kind == image && ch.after != nil && ch.after.target == "" {
			return false
		}
	}
	return true
}

// namespaced reports whether a call acts on the namespace of its context.
func namespaced(name string) bool {
	store, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"images", "containers", "sandboxes", "leases", "content", "snapshots"}, store) || name == "writers.open"
}

func (k key) wellFormed() bool {
	if k.kind != snapshot {
		return k.name != ""
	}
	snapshotter, name := split(k.name)
	return snapshotter != "" && name != ""
}

func args[A any](op engine.Op) A {
	a, _ := op.Args.(A)
	return a
}

func blobKey(d digest.Digest) key { return key{content, string(d)} }

// get returns an object of the Op's namespace, or nil.
func (o *Oracle) get(op engine.Op, k key) *object { return o.seen(op.Tx, op.NS, k) }

// create is the making of a record.
func (o *Oracle) create(op engine.Op, k key, after *object) outcome {
	if o.get(op, k) != nil {
		return is(exists)
	}
	return outcome{code: engine.OK, changes: []change{{key: k, after: after}}}
}

// remove is the deletion of a record.
func (o *Oracle) remove(op engine.Op, k key) outcome {
	if o.get(op, k) == nil {
		return is(notFound)
	}
	return outcome{code: engine.OK, changes: []change{{key: k}}}
}

// relabel is an update of the labels of a record. An update of anything else is one that the model doesn't know.
func (o *Oracle) relabel(op engine.Op, k key, labels map[string]string, paths []string, known bool) outcome {
	old := o.get(op, k)
	if old == nil {
		return is(notFound)
	}
	after := old.changed()
	var ok bool
	if after.labels, ok = updated(old.labels, labels, paths); !ok || !known {
		return outcome{blind: true}
	}
	return outcome{code: engine.OK, changes: []change{{key: k, after: after}}, loose: old.shaky}
}

// hold adds to an outcome that the Op's lease holds something. Without the lease the call fails.
func (o *Oracle) hold(op engine.Op, k key, out outcome) outcome {
	if op.Lease == nil {
		return out
	}
	l := key{lease, *op.Lease}
	if o.get(op, l) == nil {
		return outcome{code: notFound, loose: out.loose}
	}
	out.changes = append(out.changes, change{key: l, held: &k})
	return out
}

// release adds to an outcome that the Op's lease holds something no longer.
func (o *Oracle) release(op engine.Op, k key, out outcome) outcome {
	if op.Lease == nil || out.code != engine.OK && out.code != exists {
		return out
	}
	l := key{lease, *op.Lease}
	if held := o.get(op, l); held != nil && held.held[k] {
		out.changes = append(out.changes, change{key: l, held: &k, gone: true})
	}
	return out
}

func (o *Oracle) resource(op engine.Op, gone bool) outcome {
	a := args[engine.LeaseResource](op)
	k, ok := resourceKey(a.Resource)
	if !ok {
		return outcome{blind: true}
	}
	l := key{lease, a.ID}
	if o.get(op, l) == nil {
		return is(notFound)
	}
	if _, err := digest.Parse(k.name); k.kind == content && err != nil {
		return is(invalid)
	}
	return outcome{code: engine.OK, changes: []change{{key: l, held: &k, gone: gone}}}
}

func resourceKey(r leases.Resource) (key, bool) {
	if snapshotter, ok := cutPrefix(r.Type, "snapshots/"); ok {
		return key{snapshot, snapshotter + "/" + r.ID}, true
	}
	k, ok := heldPlaces[r.Type]
	return key{k, r.ID}, ok && k != snapshot
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}

func expectNamespaceCreate(o *Oracle, op engine.Op) outcome {
	if _, there := o.root().Bucket(args[engine.NamespaceCreate](op).Name); there {
		return is(exists)
	}
	return is(engine.OK)
}

func expectNamespaceDelete(o *Oracle, op engine.Op) outcome {
	name := args[engine.Named](op).Name
	s := o.space(name)
	if s.count[image]+s.count[content]+s.count[container]+s.count[snapshot] > 0 {
		return is(precondition)
	}
	if _, there := o.root().Bucket(name); !there {
		return is(notFound)
	}
	out := outcome{code: engine.OK, ns: name}
	for _, at := range s.sorted() {
		out.changes = append(out.changes, change{key: at.key})
	}
	return out
}

// holdImage has the Op's lease hold an image that can expire.
func (o *Oracle) holdImage(op engine.Op, k key, after *object, then func() outcome, labels map[string]string) outcome {
	if _, expires := labels[gcLabel+"expire"]; !expires {
		return then()
	}
	if op.Lease != nil && o.get(op, key{lease, *op.Lease}) == nil {
		return is(notFound)
	}
	out := then()
	if out.code != engine.OK {
		return out
	}
	return o.hold(op, k, out)
}

func expectImageUpdate(o *Oracle, op engine.Op) outcome {
	a := args[engine.ImageRecord](op)
	k := key{image, a.Image.Name}
	old := o.get(op, k)
	if old == nil {
		return is(notFound)
	}
	after := old.changed()
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
			return outcome{blind: true}
		}
	}
	return o.holdImage(op, k, after, func() outcome {
		return outcome{code: engine.OK, changes: []change{{key: k, after: after}}}
	}, after.labels)
}

func expectImageDelete(o *Oracle, op engine.Op) outcome {
	a := args[engine.ImageDelete](op)
	k := key{image, a.Name}
	old := o.get(op, k)
	if old == nil || a.Target != nil && a.Target.Digest != "" && string(a.Target.Digest) != old.target {
		return is(notFound)
	}
	return o.release(op, k, o.remove(op, k))
}

// A writer is one that Ops opened.
type writer struct {
	ns, ref string
	shares  string // the blob that it stands for
	closed  bool
}

func expectWriterOpen(o *Oracle, op engine.Op) outcome {
	a := args[engine.WriterOpen](op)
	if o.writers[a.Name] != nil {
		return is(exists)
	}
	if dgst := a.Desc.Digest; dgst != "" && o.get(op, blobKey(dgst)) != nil {
		return o.hold(op, blobKey(dgst), is(exists))
	}
	k := key{ingest, a.Ref}
	after := &object{}
	if old := o.get(op, k); old != nil {
		after = old.changed()
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
	out := o.hold(op, k, outcome{code: engine.OK, changes: []change{{key: k, after: after, times: times, shares: o.current.risky}}})
	if out.code != engine.OK || shares != "" {
		return out
	}
	for _, w := range o.writers {
		if w.ns == op.NS && w.ref == a.Ref && !w.closed && w.shares == "" {
			return is(unavailable)
		}
	}
	out.loose = o.faulty // one that a fault kept may hold the reference
	return out
}

// shares returns the blob of another namespace that a new writer stands for, or "".
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
	out.loose = w != nil && (w.closed || w.shares != "")
	return out
}

func expectWriterCommit(o *Oracle, op engine.Op) outcome {
	a := args[engine.WriterCommit](op)
	w := o.writers[a.Name]
	if w == nil {
		return is(notFound)
	}
	if a.Expected == "" {
		return outcome{blind: true}
	}
	op.NS = w.ns
	blob, from := blobKey(a.Expected), key{ingest, w.ref}
	out := outcome{code: engine.OK, changes: []change{{key: blob, after: &object{labels: stored(a.Labels)}}}}
	if o.get(op, blob) != nil {
		out = is(exists)
	}
	if o.get(op, from) != nil {
		out.changes = append(out.changes, change{key: from})
	}
	out = o.hold(op, blob, o.release(op, from, out))
	out.loose = true // what was written may not be what was expected, or the ingest is gone
	out.ns = w.ns
	return out
}

func expectSnapshot(o *Oracle, op engine.Op) outcome {
	a := args[engine.Snapshot](op)
	s := o.get(op, key{snapshot, a.Snapshotter + "/" + a.Key})
	out := found(s != nil)
	out.loose = s != nil && s.shaky
	return out
}

func (o *Oracle) snapshotCreate(op engine.Op, form byte) outcome {
	a := args[engine.SnapshotCreate](op)
	if a.Labels["containerd.io/snapshot.ref"] != "" {
		return outcome{blind: true}
	}
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(op, k) != nil {
		return o.hold(op, k, is(exists))
	}
	out := outcome{code: engine.OK, changes: []change{{key: k, after: &object{labels: stored(a.Labels), parent: a.Parent, form: form}}}, loose: o.leftover}
	if a.Parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + a.Parent}
		parent := o.get(op, p)
		switch {
		case parent == nil:
			return outcome{code: notFound, loose: o.leftover}
		case parent.shaky || parent.form == 0:
			out.loose = true
		case parent.form != 'c':
			return is(invalid)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key})
	}
	return o.hold(op, k, out)
}

func expectSnapshotCommit(o *Oracle, op engine.Op) outcome {
	a := args[engine.SnapshotCommit](op)
	name, k := key{snapshot, a.Snapshotter + "/" + a.Name}, key{snapshot, a.Snapshotter + "/" + a.Key}
	if o.get(op, name) != nil {
		return o.hold(op, name, is(exists))
	}
	if op.Lease != nil && o.get(op, key{lease, *op.Lease}) == nil {
		return is(notFound)
	}
	active := o.get(op, k)
	if active == nil {
		return is(notFound)
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
			return is(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true}, change{key: p, child: a.Name})
	}
	if active.form != 'a' && !active.shaky && active.form != 0 {
		return is(precondition)
	}
	// What an earlier commit that went wrong left in the backend may be in the way: its key is used again.
	out.loose = active.shaky || a.Parent != "" || o.faulty || o.leftover
	return o.hold(op, name, o.release(op, k, out))
}

func expectSnapshotRemove(o *Oracle, op engine.Op) outcome {
	a := args[engine.Snapshot](op)
	k := key{snapshot, a.Snapshotter + "/" + a.Key}
	s := o.get(op, k)
	switch {
	case s == nil:
		return is(notFound)
	case len(s.children) > 0:
		for name := range maps.Keys(s.children) {
			if o.get(op, key{snapshot, a.Snapshotter + "/" + name}) == nil {
				o.mark("a snapshot that a collected child still keeps from being removed")
				break
			}
		}
		return is(precondition)
	}
	out := outcome{code: engine.OK, changes: []change{{key: k}}}
	if s.parent != "" {
		p := key{snapshot, a.Snapshotter + "/" + s.parent}
		if o.get(op, p) == nil {
			return is(notFound)
		}
		out.changes = append(out.changes, change{key: p, child: a.Key, gone: true})
	}
	return o.release(op, k, out)
}

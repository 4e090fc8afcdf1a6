package oracle

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// A change is one modification that a call makes to the database: a record is written or removed, a lease gains or
// loses a resource, or a snapshot gains or loses a child.
//
// Invariants: at most one of after, held and child is set. If none is, the record is removed. gone is set only together
// with held or child.
type change struct {
	key   key
	after *object // the new record
	held  *key    // the resource that the lease gains or, if gone, loses
	gone  bool
	child string // the child that the snapshot gains or, if gone, loses

	// times are the possible start times of an ingest that expires a day later. The stored record shows the actual one.
	times []time.Time
	// shares reports that a fault may have hidden the existing blob from the call.
	shares bool
}

// An outcome is the expected result and effect of a call.
//
// Invariants: if ignored or unmodelled is set, code and changes mean nothing.
type outcome struct {
	code    engine.Code
	changes []change

	mayFail    bool   // the call may fail with any code
	ignored    bool   // the model does not predict the code, and nothing in the model changes
	unmodelled bool   // the model does not know the effect: rebuild it from the database
	ns         string // the namespace of the changes; "" for the Op's
}

const (
	notFound     engine.Code = "not_found"
	exists       engine.Code = "already_exists"
	precondition engine.Code = "failed_precondition"
	invalid      engine.Code = "invalid_argument"
	unavailable  engine.Code = "unavailable"
	aborted      engine.Code = "aborted"
)

func resultOf(code engine.Code) outcome { return outcome{code: code} }

func found(there bool) outcome {
	if !there {
		return resultOf(notFound)
	}
	return resultOf(engine.OK)
}

// expectations predict the outcome of Ops, by name.
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
				return resultOf(invalid)
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
			out.mayFail = true // the backend may have no such ingest, or an open writer
			return out
		},
		"writers.open":   expectWriterOpen,
		"writers.write":  expectWriterWrite,
		"writers.commit": expectWriterCommit,
		"writers.close":  func(o *Oracle, op engine.Op) outcome { return found(o.writers[args[engine.Named](op).Name] != nil) },

		"snapshots.stat":    expectSnapshot,
		"snapshots.usage":   expectSnapshot,
		"snapshots.prepare": func(o *Oracle, op engine.Op) outcome { return o.createSnapshot(op, 'a') },
		"snapshots.view":    func(o *Oracle, op engine.Op) outcome { return o.createSnapshot(op, 'v') },
		"snapshots.commit":  expectSnapshotCommit,
		"snapshots.remove":  expectSnapshotRemove,
		"snapshots.update": func(o *Oracle, op engine.Op) outcome {
			a := args[engine.SnapshotUpdate](op)
			return o.relabel(op, key{snapshot, a.Snapshotter + "/" + a.Info.Name}, a.Info.Labels, a.Paths, true)
		},
	}
}

// wellFormed reports whether a call has a namespace, if it needs one, and whether a call that should succeed has all
// its names. The model does not predict other calls.
func wellFormed(c *call) bool {
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

// namespaced reports whether an Op acts on the namespace of its header.
func namespaced(name string) bool {
	store, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"images", "containers", "sandboxes", "leases", "content", "snapshots"}, store) || name == "writers.open"
}

func (k key) wellFormed() bool {
	if k.kind != snapshot {
		return k.name != ""
	}
	snapshotter, name := splitSnapshot(k.name)
	return snapshotter != "" && name != ""
}

// args returns the arguments of an Op, or the zero value if they have another type.
func args[A any](op engine.Op) A {
	a, _ := op.Args.(A)
	return a
}

package oracle

import (
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
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
	code    op.Code
	changes []change

	mayFail    bool   // the call may fail with any code
	ignored    bool   // the model does not predict the code, and nothing in the model changes
	unmodelled bool   // the model does not know the effect: rebuild it from the database
	ns         string // the namespace of the changes; "" for the Op's
}

const (
	notFound     op.Code = op.NotFound
	exists       op.Code = op.AlreadyExists
	precondition op.Code = op.FailedPrecondition
	invalid      op.Code = op.InvalidArgument
	unavailable  op.Code = op.Unavailable
	aborted      op.Code = op.Aborted
)

func resultOf(code op.Code) outcome { return outcome{code: code} }

func found(there bool) outcome {
	if !there {
		return resultOf(notFound)
	}
	return resultOf(op.OK)
}

// expectations predict the outcome of Ops, by name.
var expectations map[op.Name]func(o *Oracle, op engine.Op) outcome

func init() {
	expectations = map[op.Name]func(o *Oracle, op engine.Op) outcome{
		op.NamespacesCreate: expectNamespaceCreate,
		op.NamespacesDelete: expectNamespaceDelete,

		op.TxCommit:   expectEnd,
		op.TxRollback: expectEnd,

		op.ImagesCreate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.ImageRecord](request)
			k := key{image, a.Image.Name}
			after := &object{labels: stored(a.Image.Labels), target: string(a.Image.Target.Digest)}
			return o.holdImage(request, k, after, func() outcome { return o.create(request, k, after) }, a.Image.Labels)
		},
		op.ImagesUpdate: expectImageUpdate,
		op.ImagesDelete: expectImageDelete,
		op.ImagesGet: func(o *Oracle, request engine.Op) outcome {
			return found(o.get(request, key{image, args[op.Named](request).Name}) != nil)
		},

		op.ContainersCreate: func(o *Oracle, request engine.Op) outcome {
			c := args[op.ContainerRecord](request).Container
			if c.Runtime.Name == "" || c.Spec == nil || c.SnapshotKey != "" && c.Snapshotter == "" {
				return resultOf(invalid)
			}
			after := &object{labels: stored(c.Labels)}
			if c.Snapshotter != "" {
				after.on = c.Snapshotter + "/" + c.SnapshotKey
			}
			return o.create(request, key{container, c.ID}, after)
		},
		op.ContainersUpdate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.ContainerRecord](request)
			return o.relabel(request, key{container, a.Container.ID}, a.Container.Labels, a.Paths, len(a.Paths) > 0)
		},
		op.ContainersDelete: func(o *Oracle, request engine.Op) outcome {
			return o.remove(request, key{container, args[op.Identified](request).ID})
		},

		op.SandboxesCreate: func(o *Oracle, request engine.Op) outcome {
			s := args[op.SandboxRecord](request).Sandbox
			return o.create(request, key{sandbox, s.ID}, &object{labels: stored(s.Labels)})
		},
		op.SandboxesUpdate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.SandboxRecord](request)
			return o.relabel(request, key{sandbox, a.Sandbox.ID}, a.Sandbox.Labels, a.Paths, len(a.Paths) > 0)
		},
		op.SandboxesDelete: func(o *Oracle, request engine.Op) outcome {
			return o.remove(request, key{sandbox, args[op.Identified](request).ID})
		},

		op.LeasesCreate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.LeasesCreateArgs](request)
			return o.create(request, key{lease, a.ID}, &object{labels: stored(a.Labels), held: map[key]bool{}})
		},
		op.LeasesDelete: func(o *Oracle, request engine.Op) outcome {
			return o.remove(request, key{lease, args[op.LeasesDeleteArgs](request).ID})
		},
		op.LeasesAddResource:    func(o *Oracle, op engine.Op) outcome { return o.resource(op, false) },
		op.LeasesDeleteResource: func(o *Oracle, op engine.Op) outcome { return o.resource(op, true) },

		op.ContentInfo: func(o *Oracle, request engine.Op) outcome {
			return found(o.get(request, blobKey(args[op.Blob](request).Digest)) != nil)
		},
		op.ContentRead: func(o *Oracle, request engine.Op) outcome {
			return found(o.get(request, blobKey(args[op.ContentReadArgs](request).Digest)) != nil)
		},
		op.ContentUpdate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.ContentUpdateArgs](request)
			return o.relabel(request, blobKey(a.Info.Digest), a.Info.Labels, a.Paths, true)
		},
		op.ContentDelete: func(o *Oracle, request engine.Op) outcome {
			k := blobKey(args[op.Blob](request).Digest)
			return o.release(request, k, o.remove(request, k))
		},
		op.ContentAbort: func(o *Oracle, request engine.Op) outcome {
			k := key{ingest, args[op.Ingest](request).Ref}
			out := o.release(request, k, o.remove(request, k))
			out.mayFail = true // the backend may have no such ingest, or an open writer
			return out
		},
		op.WritersOpen:   expectWriterOpen,
		op.WritersWrite:  expectWriterWrite,
		op.WritersCommit: expectWriterCommit,
		op.WritersClose: func(o *Oracle, request engine.Op) outcome {
			return found(o.writers[args[op.Named](request).Name] != nil)
		},

		op.SnapshotsStat:    expectSnapshot,
		op.SnapshotsUsage:   expectSnapshot,
		op.SnapshotsPrepare: func(o *Oracle, op engine.Op) outcome { return o.createSnapshot(op, 'a') },
		op.SnapshotsView:    func(o *Oracle, op engine.Op) outcome { return o.createSnapshot(op, 'v') },
		op.SnapshotsCommit:  expectSnapshotCommit,
		op.SnapshotsRemove:  expectSnapshotRemove,
		op.SnapshotsUpdate: func(o *Oracle, request engine.Op) outcome {
			a := args[op.SnapshotsUpdateArgs](request)
			return o.relabel(request, key{snapshot, a.Snapshotter + "/" + a.Info.Name}, a.Info.Labels, a.Paths, true)
		},
	}
}

// wellFormed reports whether a call has a namespace, if it needs one, and whether a call that should succeed has all
// its names. The model does not predict other calls.
func wellFormed(c *call) bool {
	if c.op.NS == "" && namespaced(c.op.Name) {
		return false
	}
	if c.out.code != op.OK {
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
func namespaced(name op.Name) bool {
	return slices.Contains([]string{"images", "containers", "sandboxes", "leases", "content", "snapshots"}, name.Group()) || name == op.WritersOpen
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

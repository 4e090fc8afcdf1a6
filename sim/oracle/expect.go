package oracle

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
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

	mayFail    bool   // it may as well fail, in a way of which the model knows nothing
	ignored    bool   // the model has no opinion, since nothing that it knows of changes
	unmodelled bool   // the model doesn't know what the call changes
	ns         string // of the changes, if it isn't the Op's
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
			out.mayFail = true // the backend may have no such ingest, or a writer has it
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

// wellFormed reports whether a call has the namespace that it needs, and one that should succeed all names. What becomes
// of one that has not is not for the model to know.
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

// namespaced reports whether a call acts on the namespace of its context.
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

func args[A any](op engine.Op) A {
	a, _ := op.Args.(A)
	return a
}

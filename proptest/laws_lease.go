package proptest

import (
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/leases"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// checkLease tracks the resources of leases by the calls alone, and checks after each collection that they are all
// there.
func checkLease(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	f := &holdings{leases: map[object]*leaseState{}, writers: map[string]string{}}
	for _, call := range thenCollect(h.Ops) {
		if call.Name != collect.Name {
			f.after(call, s.Apply(call).Code)
			continue
		}
		before := objectsOf(s)
		if r := s.Apply(collect); r.Code != op.OK {
			return newViolation("a collection failed", "%s: %s", r.Code, r.Error)
		}
		after := objectsOf(s)
		now := stateOf(s).Now
		for lease, leaseState := range f.leases {
			if leaseState.over(now) {
				continue
			}
			if _, there := after[lease]; !there {
				return newViolation("a lease was collected", "%s has not expired", lease)
			}
			for o := range leaseState.held {
				_, there := before[o]
				if _, still := after[o]; there && !still {
					return newViolation("a leased object was collected: "+string(o.kind), "%s holds %s", lease, o)
				}
			}
		}
	}
	return nil
}

// A leaseState is the state of a lease as calls made it.
type leaseState struct {
	expire *time.Time
	held   map[object]bool
}

func (t *leaseState) over(now time.Time) bool { return t.expire != nil && now.After(*t.expire) }

// holdings are the resources of all leases, as calls made them.
type holdings struct {
	leases  map[object]*leaseState
	writers map[string]string // the namespace of each writer
}

func (f *holdings) after(call engine.Op, code op.Code) {
	if code != op.OK {
		return
	}
	hold := func(o object) {
		if call.Lease != nil {
			f.hold(object{call.NS, kindLease, *call.Lease}, o)
		}
	}
	switch a := call.Args.(type) {
	case op.LeasesCreateArgs:
		t := &leaseState{held: map[object]bool{}}
		if at, err := time.Parse(time.RFC3339, a.Labels[generate.Prefix+"expire"]); err == nil {
			t.expire = &at
		}
		f.leases[object{call.NS, kindLease, a.ID}] = t
	case op.LeasesDeleteArgs:
		delete(f.leases, object{call.NS, kindLease, a.ID})
	case op.LeaseResource:
		o, ok := resource(call.NS, a.Resource)
		switch {
		case !ok:
		case call.Name == op.LeasesAddResource:
			f.hold(object{call.NS, kindLease, a.ID}, o)
		default:
			f.release(o)
		}
	case op.WritersOpenArgs:
		f.writers[a.Name] = call.NS
	case op.WritersCommitArgs:
		if f.writers[a.Name] == call.NS {
			hold(object{call.NS, kindContent, string(a.Expected)})
		}
	case op.SnapshotCreate:
		hold(object{call.NS, kindSnapshot, a.Snapshotter + "/" + a.Key})
	case op.SnapshotsCommitArgs:
		f.release(object{call.NS, kindSnapshot, a.Snapshotter + "/" + a.Key})
		hold(object{call.NS, kindSnapshot, a.Snapshotter + "/" + a.Name})
	case op.Snapshot:
		if call.Name == op.SnapshotsRemove {
			f.release(object{call.NS, kindSnapshot, a.Snapshotter + "/" + a.Key})
		}
	case op.Blob:
		if call.Name == op.ContentDelete {
			f.release(object{call.NS, kindContent, string(a.Digest)})
		}
	case op.Named:
		if call.Name == op.NamespacesDelete {
			for lease := range f.leases {
				if lease.ns == a.Name {
					delete(f.leases, lease)
				}
			}
		}
	}
}

func (f *holdings) hold(lease, o object) {
	if t := f.leases[lease]; t != nil {
		t.held[o] = true
	}
}

// release removes an object from all leases. After some calls it is not clear which lease still holds it.
func (f *holdings) release(o object) {
	for _, t := range f.leases {
		delete(t.held, o)
	}
}

// resource returns the object of a lease's resource. It leaves out images, which older versions do not lease.
func resource(ns string, r leases.Resource) (object, bool) {
	if snapshotter, ok := strings.CutPrefix(r.Type, "snapshots/"); ok {
		return object{ns, kindSnapshot, snapshotter + "/" + r.ID}, true
	}
	return object{ns, kindContent, r.ID}, r.Type == "content"
}

// checkFlat checks that a collection keeps exactly the resources of flat leases. It skips histories with other roots.
func checkFlat(t *trial, h generate.History) *violation {
	s := t.start(h.Setup)
	held := map[object]bool{}
	for _, call := range h.Ops {
		if s.Apply(call).Code != op.OK {
			return nil
		}
		_, labels, _ := made(call)
		switch a := call.Args.(type) {
		case op.LeaseResource:
			kind, name := kindContent, a.Resource.ID
			if snapshotter, ok := strings.CutPrefix(a.Resource.Type, "snapshots/"); ok {
				kind, name = kindSnapshot, snapshotter+"/"+name
			} else if a.Resource.Type == "images" {
				kind = kindImage
			}
			held[object{call.NS, kind, name}] = true
			continue
		case op.LeasesCreateArgs:
			if a.Labels[generate.Prefix+"flat"] == "" || len(a.Labels) > 1 {
				return nil
			}
			continue
		case op.SnapshotsCommitArgs:
			labels = a.Labels
		case op.WritersOpenArgs, op.WritersWriteArgs, op.Named:
		case op.WritersCommitArgs, op.SnapshotCreate, op.ImageRecord:
		default:
			return nil
		}
		for key := range labels {
			if !strings.HasPrefix(key, generate.Prefix+"ref.") && key != generate.Prefix+"expire" {
				return nil
			}
		}
		if _, expires := labels[generate.Prefix+"expire"]; !expires && call.Name == op.ImagesCreate {
			return nil
		}
	}
	closeWriters(s, h.Ops)
	before := objectsOf(s)
	for o := range held {
		withoutLabels(before, o, held)
	}
	if _, b := t.collect(s); b != nil {
		return b
	}
	after := objectsOf(s)
	for _, o := range sorted(before) {
		_, kept := after[o]
		switch {
		case o.kind != kindContent && o.kind != kindSnapshot && o.kind != kindImage:
		case kept && !held[o]:
			return newViolation("a flat lease kept an object that it does not list: "+string(o.kind), "%s", o)
		case !kept && held[o]:
			return newViolation("a flat lease lost an object that it lists: "+string(o.kind), "%s", o)
		}
	}
	return nil
}

// withoutLabels adds the objects that an object keeps without labels: the parents of a snapshot, the target of an
// image.
func withoutLabels(all map[object]memkv.Frozen, o object, held map[object]bool) {
	switch record := all[o]; o.kind {
	case kindSnapshot:
		snapshotter, _, _ := strings.Cut(o.name, "/")
		if parent := string(record.Get("parent")); parent != "" {
			o.name = snapshotter + "/" + parent
			held[o] = true
			withoutLabels(all, o, held)
		}
	case kindImage:
		if target, ok := record.Bucket("target"); ok {
			held[object{o.ns, kindContent, string(target.Get("digest"))}] = true
		}
	}
}

package sim

import (
	"context"
	"maps"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
)

// A Plant is a bug that can be put into the node, to show that it is found.
type Plant struct {
	Name string // by which a Config asks for it
	Bug  string // what the node does

	// The first changes how the node is made, the second an Op on its way to it, and the last does something to
	// the node behind the Op's back. Any may be nil.
	setup func(*engine.Setup)
	op    func(engine.Op) engine.Op
	after func(*engine.Engine, engine.Op, engine.Result)
}

// Plants are the bugs that can be planted.
func Plants() []Plant { return slices.Clone(plants) }

func plantNamed(name string) (Plant, bool) {
	i := slices.IndexFunc(plants, func(p Plant) bool { return p.Name == name })
	if i < 0 {
		return Plant{}, name == ""
	}
	return plants[i], true
}

var plants = []Plant{
	rulesPlant("no-back-references", "back references are not followed", "2.2", "2.1"),
	rulesPlant("no-conditions", "conditions are not looked at", "2.4", "2.2"),
	rulesPlant("no-image-collection", "images are never collected", "2.1", "1.7"),
	rulesPlant("no-sandbox-references", "what sandboxes refer to is not kept", "1.7", "1.6"),
	{Name: "cleanup-once", Bug: "a clean-up that failed is forgotten, and so is every other at a restart",
		setup: func(s *engine.Setup) { s.CleanupOnce = true }},
	{Name: "no-isolation", Bug: "blobs of other namespaces are shared though they must not be",
		setup: func(s *engine.Setup) { s.Isolated = false }},
	labelPlant("flat-as-full", "a flat lease is taken for a full one", "leases.create", gcLabel+"flat"),
	labelPlant("eternal-leases", "leases never expire", "leases.create", gcLabel+"expire"),
	unleasedPlant("unleased-blob", "a blob is not leased when it is committed", "writers.commit"),
	unleasedPlant("unleased-snapshot", "a snapshot is not leased when it is made", "snapshots.prepare"),
	{Name: "lost-resource", Bug: "a resource is not added to its lease", op: func(op engine.Op) engine.Op {
		if a, ok := op.Args.(engine.LeaseResource); ok && op.Name == "leases.addresource" {
			op.Name, op.Args = "leases.listresources", engine.Identified{ID: a.ID}
		}
		return op
	}},
	{Name: "one-blob-too-many", Bug: "the clean-up of the content backend removes a blob that is named", after: collected(func(e *engine.Engine) {
		var last digest.Digest
		_ = e.ContentBackend().Walk(context.Background(), func(info content.Info) error {
			last = info.Digest
			return nil
		})
		if last != "" {
			_ = e.ContentBackend().Delete(context.Background(), last)
		}
	})},
	{Name: "stray-ingest", Bug: "a collection leaves an ingest behind that no record names", after: collected(func(e *engine.Engine) {
		if w, err := e.ContentBackend().Writer(context.Background(), content.WithRef("stray")); err == nil {
			w.Close()
		}
	})},
	{Name: "lost-update", Bug: "an update of a container's labels is lost", after: func(e *engine.Engine, op engine.Op, r engine.Result) {
		a, ok := op.Args.(engine.ContainerRecord)
		if !ok || op.Name != "containers.update" || r.Code != engine.OK {
			return
		}
		_ = e.KV().Update(func(tx *memkv.Tx) error {
			record := tx.BucketAt("v1", op.NS, "containers", a.Container.ID)
			return record.DeleteBucket([]byte("labels"))
		})
	}},
	{Name: "lazy-removal", Bug: "a removed snapshot's record stays", op: func(op engine.Op) engine.Op {
		if a, ok := op.Args.(engine.Snapshot); ok && op.Name == "snapshots.remove" && strings.HasPrefix(a.Key, "runner") {
			op.Name = "snapshots.stat"
		}
		return op
	}},
	{Name: "no-rollback", Bug: "a transaction that is rolled back is committed", op: renamed("tx.rollback", "tx.commit")},
	{Name: "no-commit", Bug: "a transaction that is committed is rolled back", op: renamed("tx.commit", "tx.rollback")},
	{Name: "shared-fork", Bug: "an image that is deleted on a fork is deleted on its node", op: func(op engine.Op) engine.Op {
		if op.Name == "images.delete" && op.Fork != "" {
			op.Fork = ""
		}
		return op
	}},
	{Name: "late-fork", Bug: "a fork's clock is a nanosecond late", after: func(e *engine.Engine, op engine.Op, r engine.Result) {
		if op.Name != "node.fork" || r.Code != engine.OK {
			return
		}
		if name, _ := nameIn(op); strings.HasSuffix(name, "1") {
			e.Apply(context.Background(), engine.Op{Name: "clock.advance", Header: engine.Header{Fork: name}, Args: engine.ClockAdvance{By: 1}})
		}
	}},
	{Name: "deaf-to-references", Bug: "what a Collector's resource refers to is not kept", after: collected(func(e *engine.Engine) {
		script, _ := e.ScriptOf(streamType)
		for _, t := range script.Things {
			for _, ref := range t.Refs {
				if kind, rest, _ := strings.Cut(ref, "/"); t.Active && kind == "content" {
					ns, dgst, _ := strings.Cut(rest, "/")
					removeRecord(e, "v1", ns, "content", "blob", dgst)
				}
			}
		}
	})},
	{Name: "deaf-to-back-references", Bug: "a Collector's resource is removed though a back reference keeps it", after: collected(func(e *engine.Engine) {
		script, _ := e.ScriptOf(streamType)
		script.Things = slices.DeleteFunc(script.Things, func(t engine.Thing) bool { return len(t.BackRefs) > 0 && !t.Active })
		_ = e.SetScript(streamType, script)
	})},
}

// rulesPlant has nodes of one version collect by the rules of an older one.
func rulesPlant(name, bug, from, to string) Plant {
	return Plant{Name: name, Bug: bug, setup: func(s *engine.Setup) {
		if s.Rules == from || from == "2.1" && s.Rules == "2.0" {
			s.Rules = to
		}
	}}
}

// labelPlant has the making of a lease lose a label.
func labelPlant(name, bug, call, label string) Plant {
	return Plant{Name: name, Bug: bug, op: func(op engine.Op) engine.Op {
		if a, ok := op.Args.(engine.LeaseCreate); ok && op.Name == call && a.Labels[label] != "" {
			a.Labels = maps.Clone(a.Labels)
			delete(a.Labels, label)
			op.Args = a
		}
		return op
	}}
}

// unleasedPlant has a call take no notice of its lease.
func unleasedPlant(name, bug, call string) Plant {
	return Plant{Name: name, Bug: bug, op: func(op engine.Op) engine.Op {
		if op.Name == call {
			op.Lease = nil
		}
		return op
	}}
}

// renamed has a call be another one.
func renamed(from, to string) func(engine.Op) engine.Op {
	return func(op engine.Op) engine.Op {
		if op.Name == from {
			op.Name = to
		}
		return op
	}
}

// collected has something happen after every collection on the node itself.
func collected(then func(*engine.Engine)) func(*engine.Engine, engine.Op, engine.Result) {
	return func(e *engine.Engine, op engine.Op, r engine.Result) {
		if op.Name == "collect" && op.Fork == "" && r.Code == engine.OK {
			then(e)
		}
	}
}

// removeRecord removes a record past all stores.
func removeRecord(e *engine.Engine, path ...string) {
	_ = e.KV().Update(func(tx *memkv.Tx) error {
		at := tx.BucketAt(path[:len(path)-1]...)
		if at == nil {
			return nil
		}
		return at.DeleteBucket([]byte(path[len(path)-1]))
	})
}

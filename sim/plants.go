package sim

import (
	"context"
	"maps"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
)

// A PlantName names an injected bug.
type PlantName string

// The injected bugs.
const (
	NoBackReferences    PlantName = "no-back-references"
	NoConditions        PlantName = "no-conditions"
	NoImageCollection   PlantName = "no-image-collection"
	NoSandboxReferences PlantName = "no-sandbox-references"
	CleanupOnce         PlantName = "cleanup-once"
	NoIsolation         PlantName = "no-isolation"
	FlatAsFull          PlantName = "flat-as-full"
	EternalLeases       PlantName = "eternal-leases"
	UnleasedBlob        PlantName = "unleased-blob"
	UnleasedSnapshot    PlantName = "unleased-snapshot"
	LostResource        PlantName = "lost-resource"
	OneBlobTooMany      PlantName = "one-blob-too-many"
	StrayIngest         PlantName = "stray-ingest"
	LostUpdate          PlantName = "lost-update"
	LazyRemoval         PlantName = "lazy-removal"
	NoRollback          PlantName = "no-rollback"
	NoCommit            PlantName = "no-commit"
	SharedFork          PlantName = "shared-fork"
	LateFork            PlantName = "late-fork"
	NoCollectorRefs     PlantName = "no-collector-refs"
	NoCollectorBackRefs PlantName = "no-collector-back-refs"
)

// A Plant is a bug that can be injected into the simulated node, to show that the simulator finds it.
type Plant struct {
	Name PlantName
	Bug  string // the wrong behaviour, in a sentence

	// Each may be nil. setup changes the node's setup, op changes an Op before the node applies it, after changes the
	// node after an Op. The oracle sees the original setup and Op.
	setup func(*engine.Setup)
	op    func(engine.Op) engine.Op
	after func(*engine.Engine, engine.Op, engine.Result)
}

// Plants returns all plants.
func Plants() []Plant { return slices.Clone(plants) }

// plantNamed returns the plant of that name. The plant of "" injects nothing.
func plantNamed(name PlantName) (Plant, error) {
	names := make([]PlantName, len(plants))
	for i, p := range plants {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	if name != "" {
		return Plant{}, unknownName("plant", name, names)
	}
	return Plant{}, nil
}

var plants = []Plant{
	rulesPlant(NoBackReferences, "back references are ignored", "2.2", "2.1"),
	rulesPlant(NoConditions, "conditions are ignored", "2.4", "2.2"),
	rulesPlant(NoImageCollection, "images are never collected", "2.1", "1.7"),
	rulesPlant(NoSandboxReferences, "references from sandboxes are ignored", "1.7", "1.6"),
	{Name: CleanupOnce, Bug: "a failed or interrupted clean-up is not repeated",
		setup: func(s *engine.Setup) { s.CleanupOnce = true }},
	{Name: NoIsolation, Bug: "the isolation of content is ignored",
		setup: func(s *engine.Setup) { s.Isolated = false }},
	labelPlant(FlatAsFull, "a flat lease works like a full one", op.LeasesCreate, gcLabel+"flat"),
	labelPlant(EternalLeases, "leases never expire", op.LeasesCreate, gcLabel+"expire"),
	unleasedPlant(UnleasedBlob, "a committed blob is not added to the lease", op.WritersCommit),
	unleasedPlant(UnleasedSnapshot, "a prepared snapshot is not added to the lease", op.SnapshotsPrepare),
	{Name: LostResource, Bug: "a resource is not added to its lease", op: func(o engine.Op) engine.Op {
		if a, ok := o.Args.(op.LeaseResource); ok && o.Name == op.LeasesAddResource {
			o.Name, o.Args = op.LeasesListResources, op.Identified{ID: a.ID}
		}
		return o
	}},
	{Name: OneBlobTooMany, Bug: "the clean-up of the content backend removes a live blob", after: collected(func(e *engine.Engine) {
		var last digest.Digest
		_ = e.ContentBackend().Walk(context.Background(), func(info content.Info) error {
			last = info.Digest
			return nil
		})
		if last != "" {
			_ = e.ContentBackend().Delete(context.Background(), last)
		}
	})},
	{Name: StrayIngest, Bug: "a collection leaves an ingest without a record", after: collected(func(e *engine.Engine) {
		if w, err := e.ContentBackend().Writer(context.Background(), content.WithRef("stray")); err == nil {
			w.Close()
		}
	})},
	{Name: LostUpdate, Bug: "an update of a container's labels is lost", after: func(e *engine.Engine, o engine.Op, r engine.Result) {
		a, ok := o.Args.(op.ContainerRecord)
		if !ok || o.Name != op.ContainersUpdate || r.Code != op.OK {
			return
		}
		_ = e.KV().Update(func(tx *memkv.Tx) error {
			record := tx.BucketAt("v1", o.NS, "containers", a.Container.ID)
			return record.DeleteBucket([]byte("labels"))
		})
	}},
	{Name: LazyRemoval, Bug: "the record of a removed snapshot stays", op: func(o engine.Op) engine.Op {
		if a, ok := o.Args.(op.Snapshot); ok && o.Name == op.SnapshotsRemove && strings.HasPrefix(a.Key, "runner") {
			o.Name = op.SnapshotsStat
		}
		return o
	}},
	{Name: NoRollback, Bug: "a rollback commits", op: renamed(op.TxRollback, op.TxCommit)},
	{Name: NoCommit, Bug: "a commit rolls back", op: renamed(op.TxCommit, op.TxRollback)},
	{Name: SharedFork, Bug: "deleting an image on a fork deletes it on the node", op: func(o engine.Op) engine.Op {
		if o.Name == op.ImagesDelete && o.Fork != "" {
			o.Fork = ""
		}
		return o
	}},
	{Name: LateFork, Bug: "a fork's clock is one nanosecond ahead", after: func(e *engine.Engine, o engine.Op, r engine.Result) {
		if o.Name != op.NodeFork || r.Code != op.OK {
			return
		}
		if name, _ := nameIn(o); strings.HasSuffix(name, "1") {
			e.Apply(context.Background(), engine.Op{Name: op.ClockAdvance, Header: engine.Header{Fork: name}, Args: op.ClockAdvanceArgs{By: 1}})
		}
	}},
	{Name: NoCollectorRefs, Bug: "references from a Collector's resource are ignored", after: collected(func(e *engine.Engine) {
		script, _ := e.ScriptOf(streamType)
		for _, t := range script.Resources {
			for _, ref := range t.Refs {
				if kind, rest, _ := strings.Cut(ref, "/"); t.Active && kind == "content" {
					ns, dgst, _ := strings.Cut(rest, "/")
					removeRecord(e, "v1", ns, "content", "blob", dgst)
				}
			}
		}
	})},
	{Name: NoCollectorBackRefs, Bug: "a back reference does not keep a Collector's resource", after: collected(func(e *engine.Engine) {
		script, _ := e.ScriptOf(streamType)
		script.Resources = slices.DeleteFunc(script.Resources, func(t op.ScriptedResource) bool { return len(t.BackRefs) > 0 && !t.Active })
		_ = e.SetScript(streamType, script)
	})},
}

// rulesPlant makes nodes of one version collect by the rules of an older one.
func rulesPlant(name PlantName, bug, from, to string) Plant {
	return Plant{Name: name, Bug: bug, setup: func(s *engine.Setup) {
		if s.Rules == from || from == "2.1" && s.Rules == "2.0" {
			s.Rules = to
		}
	}}
}

// labelPlant drops a label when a lease is created.
func labelPlant(name PlantName, bug string, call op.Name, label string) Plant {
	return Plant{Name: name, Bug: bug, op: func(o engine.Op) engine.Op {
		if a, ok := o.Args.(op.LeasesCreateArgs); ok && o.Name == call && a.Labels[label] != "" {
			a.Labels = maps.Clone(a.Labels)
			delete(a.Labels, label)
			o.Args = a
		}
		return o
	}}
}

// unleasedPlant drops the lease of a call.
func unleasedPlant(name PlantName, bug string, call op.Name) Plant {
	return Plant{Name: name, Bug: bug, op: func(op engine.Op) engine.Op {
		if op.Name == call {
			op.Lease = nil
		}
		return op
	}}
}

// renamed replaces an Op by another with the same arguments.
func renamed(from, to op.Name) func(engine.Op) engine.Op {
	return func(op engine.Op) engine.Op {
		if op.Name == from {
			op.Name = to
		}
		return op
	}
}

// collected calls then after every collection on the node itself.
func collected(then func(*engine.Engine)) func(*engine.Engine, engine.Op, engine.Result) {
	return func(e *engine.Engine, o engine.Op, r engine.Result) {
		if o.Name == op.Collect && o.Fork == "" && r.Code == op.OK {
			then(e)
		}
	}
}

// removeRecord removes a record directly from the database.
func removeRecord(e *engine.Engine, path ...string) {
	_ = e.KV().Update(func(tx *memkv.Tx) error {
		at := tx.BucketAt(path[:len(path)-1]...)
		if at == nil {
			return nil
		}
		return at.DeleteBucket([]byte(path[len(path)-1]))
	})
}

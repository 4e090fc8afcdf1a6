package sim

import (
	"context"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
)

// plants are bugs that the simulator has to find: what the node does otherwise than it should.
var plants = []planted{
	rulesPlant("back references are not followed", "2.2", "2.1"),
	rulesPlant("conditions are not looked at", "2.4", "2.2"),
	rulesPlant("images are never collected", "2.1", "1.7"),
	rulesPlant("sandboxes keep nothing", "1.7", "1.6"),
	{Name: "failed clean-ups are forgotten, and so is all at a restart", Setup: func(s *engine.Setup) { s.CleanupOnce = true }},
	{Name: "blobs of other namespaces are shared though they must not be", Setup: func(s *engine.Setup) { s.Isolated = false }},
	labelPlant("flat leases are taken for full ones", "leases.create", gcLabel+"flat"),
	labelPlant("leases never expire", "leases.create", gcLabel+"expire"),
	unleasedPlant("a blob is not leased when it is committed", "writers.commit"),
	unleasedPlant("a snapshot is not leased when it is made", "snapshots.prepare"),
	{Name: "a lease's resource is not stored", Op: func(op engine.Op) engine.Op {
		if op.Name == "leases.addresource" {
			op.Name = "leases.listresources"
			op.Args = engine.Identified{ID: op.Args.(engine.LeaseResource).ID}
		}
		return op
	}},
	{Name: "the clean-up removes a blob that is named", After: func(e *engine.Engine, op engine.Op, r engine.Result) {
		if op.Name != "collect" || r.Code != engine.OK {
			return
		}
		var last digest.Digest
		_ = e.ContentBackend().Walk(context.Background(), func(info content.Info) error {
			last = info.Digest
			return nil
		})
		if last != "" {
			_ = e.ContentBackend().Delete(context.Background(), last)
		}
	}},
	{Name: "an update of labels is lost", After: func(e *engine.Engine, op engine.Op, r engine.Result) {
		if op.Name != "containers.update" || r.Code != engine.OK {
			return
		}
		_ = e.KV().Update(func(tx *memkv.Tx) error {
			record := tx.Bucket([]byte("v1")).Bucket([]byte(op.NS)).Bucket([]byte("containers")).Bucket([]byte(op.Args.(engine.ContainerRecord).Container.ID))
			return record.DeleteBucket([]byte("labels"))
		})
	}},
	{Name: "a removal leaves the record", Op: func(op engine.Op) engine.Op {
		if op.Name == "snapshots.remove" && strings.HasPrefix(op.Args.(engine.Snapshot).Key, "runner") {
			op.Name = "snapshots.stat"
		}
		return op
	}},
}

// rulesPlant has nodes of one version collect by the rules of an older one.
func rulesPlant(name, from, to string) planted {
	return planted{Name: name, Setup: func(s *engine.Setup) {
		if s.Rules == from || from == "2.1" && s.Rules == "2.0" {
			s.Rules = to
		}
	}}
}

// labelPlant has a call lose a label.
func labelPlant(name, call, label string) planted {
	return planted{Name: name, Op: func(op engine.Op) engine.Op {
		if a, ok := op.Args.(engine.LeaseCreate); ok && op.Name == call && a.Labels[label] != "" {
			kept := map[string]string{}
			for k, v := range a.Labels {
				if k != label {
					kept[k] = v
				}
			}
			a.Labels = kept
			op.Args = a
		}
		return op
	}}
}

// unleasedPlant has a call take no notice of its lease.
func unleasedPlant(name, call string) planted {
	return planted{Name: name, Op: func(op engine.Op) engine.Op {
		if op.Name == call {
			op.Lease = nil
		}
		return op
	}}
}

// seedsMax is within how many seeds a planted bug has to be found.
const seedsMax = 60

// TestPlantedBugs shows that the simulator finds bugs, and that what it finds can be made short.
func TestPlantedBugs(t *testing.T) {
	for i, plant := range plants {
		if i%Slower != Slower-1 {
			continue
		}
		t.Run(plant.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(seedsMax) {
				o := Run(Config{Seed: seed, Ops: 2000, plant: plant})
				if o.Failure == nil {
					continue
				}
				short := shrunk(o.Failure, plant, 100_000)
				if found, err := check(short.Setup, short.Trace, plant); err != nil || found == nil || found.Rule != o.Failure.Rule {
					t.Errorf("seed %d: the short trace fails by %v (%v), not by %q", seed, found, err, o.Failure.Rule)
				}
				if sound, err := Check(short.Setup, short.Trace); err != nil || sound != nil {
					t.Errorf("seed %d: the short trace fails without the bug: %v (%v)", seed, sound, err)
				}
				if testing.Verbose() {
					for _, op := range short.Trace {
						t.Log(op)
					}
				}
				t.Logf("%d seeds; %s; %d calls, made %d", seed+1, o.Failure.Rule, len(o.Failure.Trace), len(short.Trace))
				return
			}
			t.Errorf("not found within %d seeds", seedsMax)
		})
	}
}

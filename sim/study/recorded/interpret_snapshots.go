package recorded

import (
	"cmp"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// snapshot prepares, commits or removes a snapshot.
func (i *interpreter) snapshot(n int, s *Snapshot, p *pull) {
	if i.now.Topic == "/snapshot/remove" {
		i.remove(s)
		return
	}
	lease := ""
	_, container := i.made[n]
	if container {
		lease = containerLease(n)
		i.lease(lease)
	} else if p != nil {
		lease = i.pullLease(p)
	}
	labels := map[string]string(nil)
	switch {
	case !container && (p == nil || i.config(p) == "" && !i.summary.TellsRemovals):
		labels = root(clientRoot)
	case i.summary.TellsRemovals:
		labels = root(recordedRoot)
	}
	if c := i.proofs[n]; c != nil {
		real, err := c.snapshot(i.now.Namespace, s.Snapshotter, cmp.Or(s.Name, s.Key))
		if err == nil && !real.Updated.After(real.Created) {
			labels = i.withRoot(real.Labels, i.summary.TellsRemovals)
		}
	}
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	} else if holder, ok := i.holder(n); ok && !container {
		lease = holder
	}
	if i.now.Topic == "/snapshot/prepare" {
		i.imply(s.Snapshotter, s.Parent)
		i.put(s.Snapshotter, s.Key, s.Parent)
		i.add(i.here(lease), op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: s.Snapshotter, Key: s.Key, Parent: s.Parent, Labels: labels})
		return
	}
	active := at{i.now.Namespace, s.Snapshotter + "/" + s.Key}
	if i.snapshots[active] == nil {
		i.summary.Implied++
		i.put(s.Snapshotter, s.Key, "")
		i.add(i.here(lease), op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: s.Snapshotter, Key: s.Key})
	}
	committed := i.snapshots[active]
	delete(i.snapshots, active)
	i.recreate(at{i.now.Namespace, s.Snapshotter + "/" + s.Name})
	i.snapshots[at{i.now.Namespace, s.Snapshotter + "/" + s.Name}] = committed
	i.add(i.here(lease), op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: s.Snapshotter, Name: s.Name, Key: s.Key, Labels: labels})
}

// Values of root labels in traces.
const (
	clientRoot   = "client"   // assumed to be a client's: nothing else holds the snapshot
	recordedRoot = "recorded" // keeps a snapshot until the event of its removal
)

func root(value string) map[string]string { return map[string]string{nodestate.RootLabel: value} }

// put adds a snapshot to the state.
func (i *interpreter) put(snapshotter, key, parent string) {
	where := at{i.now.Namespace, snapshotter + "/" + key}
	i.recreate(where)
	i.snapshots[where] = &snapshot{parent: parent}
	if above := i.snapshots[at{i.now.Namespace, snapshotter + "/" + parent}]; above != nil {
		above.children++
	}
}

// recreate moves the trace's own removal of a snapshot before its creation under the same key.
func (i *interpreter) recreate(where at) {
	if step, ok := i.unrooted[where]; ok && i.trace.Steps[step].At.After(i.now.Time) {
		i.trace.Steps[step].At = i.now.Time
	}
	delete(i.unrooted, where)
}

// imply creates a committed snapshot that an event presupposes, unless the state has it.
func (i *interpreter) imply(snapshotter, name string) {
	if name == "" || i.snapshots[at{i.now.Namespace, snapshotter + "/" + name}] != nil {
		return
	}
	i.summary.Implied++
	i.put(snapshotter, name, "")
	key := "implied " + name
	i.add(i.here(""), op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: snapshotter, Key: key, Labels: root(clientRoot)})
	i.add(i.here(""), op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: snapshotter, Name: name, Key: key, Labels: root(clientRoot)})
}

// remove removes a snapshot, or postpones that until its children are removed: the events of a collection come in any
// order.
func (i *interpreter) remove(s *Snapshot) {
	where := at{i.now.Namespace, s.Snapshotter + "/" + s.Key}
	found := i.snapshots[where]
	if found == nil {
		i.summary.Unseen++
		if i.summary.TellsRemovals && unpacked(s.Key) {
			i.reveal()
		}
		return
	}
	found.gone = true
	garbage := i.summary.TellsRemovals && i.model.garbage(metadata.ResourceSnapshot, where)
	if found.collected = garbage || i.summary.TellsRemovals && unpacked(s.Key); found.collected {
		i.summary.Collected++
		i.reveal()
	} else {
		i.lastCall = i.now
	}
	if i.summary.TellsRemovals && garbage != found.collected {
		i.summary.Confidence.Removals.Guessed++
	} else {
		i.summary.Confidence.Removals.Likely++
	}
	for key := s.Key; found != nil && found.gone && found.children == 0; {
		delete(i.snapshots, where)
		i.drop(s.Snapshotter, key, found.collected)
		key = found.parent
		where = at{i.now.Namespace, s.Snapshotter + "/" + key}
		if found = i.snapshots[where]; found != nil {
			found.children--
		}
	}
}

// reveal records the time of the collection that removed a snapshot, unless a log has all times.
func (i *interpreter) reveal() {
	if i.log == nil {
		i.trace.observe(i.now.Time)
	}
}

// unpacked reports whether a snapshot has the name that clients give to an unpacked layer: its chain's digest. Clients
// leave the removal of such snapshots to collections, even if the model has a holder.
func unpacked(key string) bool { return digest.Digest(key).Validate() == nil }

// collectGrace is the time after which the trace itself removes a snapshot that a collection removed. A daemon with the
// default schedule collects before that, if anything was deleted.
const collectGrace = time.Second

// drop removes a snapshot without children. If a collection removed it, the trace drops the root label right after the
// client's last call before that collection, so that a collection of the replay removes the snapshot, too. If none
// does, the trace removes the snapshot later. Usually that call fails, since the snapshot is gone.
func (i *interpreter) drop(snapshotter, key string, collected bool) {
	remove := engine.Op{Name: op.SnapshotsRemove, Header: i.here(""), Args: op.Snapshot{Snapshotter: snapshotter, Key: key}}
	if !collected {
		i.add(remove.Header, remove.Name, remove.Args)
		return
	}
	i.model.apply(remove)
	update := op.SnapshotsUpdateArgs{Snapshotter: snapshotter, Info: snapshots.Info{Name: key}, Paths: []string{"labels." + nodestate.RootLabel}}
	i.trace.Steps = append(i.trace.Steps, Step{
		At: i.lastCall.Time, Line: i.now.Line, Op: engine.Op{Name: op.SnapshotsUpdate, Header: i.here(""), Args: update},
	})
	i.unrooted[at{i.now.Namespace, snapshotter + "/" + key}] = len(i.trace.Steps)
	later := i.now.Time.Add(collectGrace)
	if later.After(i.trace.End) {
		later = i.trace.End
	}
	i.trace.Steps = append(i.trace.Steps, Step{At: later, Line: i.now.Line, Op: remove})
}

// containerLease returns the name of the lease under which a container's snapshot is prepared.
func containerLease(prepared int) string { return leaseName("container", prepared) }

// container creates, updates or deletes a container. Its snapshot has its name, as with all known clients.
func (i *interpreter) container(n int, c *Container) {
	record := containers.Container{ID: c.ID, Image: c.Image, Labels: c.Labels, SnapshotKey: c.SnapshotKey}
	switch i.now.Topic {
	case "/containers/delete":
		i.add(i.here(""), op.ContainersDelete, op.Identified{ID: c.ID})
	case "/containers/update":
		paths := []string{"labels"}
		if c.Image != "" {
			paths = append(paths, "image")
		}
		if c.SnapshotKey != "" {
			paths = append(paths, "snapshotkey")
		}
		i.add(i.here(""), op.ContainersUpdate, op.ContainerRecord{Container: record, Paths: paths})
	default:
		record.Spec = &message.Message{TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec"}
		record.Runtime.Name = c.Runtime.Name
		if record.Runtime.Name == "" {
			record.Runtime.Name = runtimeName
		}
		prepared, made := i.making[n]
		lease := containerLease(n)
		if made {
			lease = containerLease(prepared)
			record.SnapshotKey, record.Snapshotter = c.ID, i.events[prepared].Body.(*Snapshot).Snapshotter
		} else {
			i.lease(lease)
			if i.snapshots[at{i.now.Namespace, i.snapshotter + "/" + c.ID}] != nil {
				record.SnapshotKey, record.Snapshotter = c.ID, i.snapshotter
			}
		}
		i.add(i.here(lease), op.ContainersCreate, op.ContainerRecord{Container: record})
		i.release(lease)
	}
}

package recorded

import (
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/message"
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
		lease = p.lease()
	}
	// A root label keeps snapshots whose removal is in a later event, and snapshots without further events.
	rooted := i.summary.TellsRemovals || !container && (p == nil || i.config(p) == "")
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	}
	if i.now.Topic == "/snapshot/prepare" {
		i.imply(s.Snapshotter, s.Parent)
		i.put(s.Snapshotter, s.Key, s.Parent)
		i.add(i.here(lease), op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: s.Snapshotter, Key: s.Key, Parent: s.Parent, Labels: root(rooted)})
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
	i.snapshots[at{i.now.Namespace, s.Snapshotter + "/" + s.Name}] = committed
	i.add(i.here(lease), op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: s.Snapshotter, Name: s.Name, Key: s.Key, Labels: root(rooted)})
}

func root(yes bool) map[string]string {
	if !yes {
		return nil
	}
	return map[string]string{nodestate.RootLabel: "recorded"}
}

// put adds a snapshot to the state.
func (i *interpreter) put(snapshotter, key, parent string) {
	i.snapshots[at{i.now.Namespace, snapshotter + "/" + key}] = &snapshot{parent: parent}
	if above := i.snapshots[at{i.now.Namespace, snapshotter + "/" + parent}]; above != nil {
		above.children++
	}
}

// imply creates a committed snapshot that an event presupposes, unless the state has it.
func (i *interpreter) imply(snapshotter, name string) {
	if name == "" || i.snapshots[at{i.now.Namespace, snapshotter + "/" + name}] != nil {
		return
	}
	i.summary.Implied++
	i.put(snapshotter, name, "")
	key := "implied " + name
	i.add(i.here(""), op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: snapshotter, Key: key, Labels: root(true)})
	i.add(i.here(""), op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: snapshotter, Name: name, Key: key, Labels: root(true)})
}

// remove removes a snapshot, or postpones that until its children are removed: the events of a collection come in any
// order.
func (i *interpreter) remove(s *Snapshot) {
	where := at{i.now.Namespace, s.Snapshotter + "/" + s.Key}
	found := i.snapshots[where]
	if found == nil {
		i.summary.Unseen++
		return
	}
	found.gone = true
	for key := s.Key; found != nil && found.gone && found.children == 0; {
		delete(i.snapshots, where)
		i.add(i.here(""), op.SnapshotsRemove, op.Snapshot{Snapshotter: s.Snapshotter, Key: key})
		key = found.parent
		where = at{i.now.Namespace, s.Snapshotter + "/" + key}
		if found = i.snapshots[where]; found != nil {
			found.children--
		}
	}
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

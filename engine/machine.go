package engine

import (
	"path"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A machine is the part of a node that survives its daemon: the disks.
type machine struct {
	kv           *memkv.DB
	content      *backend.Content
	snapshotters []namedSnapshotter // by name
}

type namedSnapshotter struct {
	name string
	*backend.Snapshotter
}

// newMachine returns a machine with empty backends.
func newMachine(o options, kv *memkv.DB, clock *Clock) machine {
	m := machine{kv: kv, content: backend.NewContent(clock.Now)}
	for _, name := range o.Snapshotters {
		root := path.Join("/var/lib/containerd", "io.containerd.snapshotter.v1."+name)
		m.snapshotters = append(m.snapshotters, namedSnapshotter{name, backend.NewSnapshotter(clock.Now, root)})
	}
	return m
}

// fork returns an independent machine with the committed data and without open handles.
func (m machine) fork(clock *Clock) machine {
	f := machine{kv: m.kv.Fork(memkv.WithScheduler(clock.scheduler)), content: m.content.Fork(clock.Now)}
	for _, s := range m.snapshotters {
		f.snapshotters = append(f.snapshotters, namedSnapshotter{s.name, s.Fork(clock.Now)})
	}
	return f
}

// used returns the number of bytes of the content.
func (m machine) used() int64 { return m.content.Size() }

func (m machine) snapshotter(name string) *backend.Snapshotter {
	for _, s := range m.snapshotters {
		if s.name == name {
			return s.Snapshotter
		}
	}
	return nil
}

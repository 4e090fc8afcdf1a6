package engine

import (
	"context"
	"path"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
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

// ContentBackend returns the content backend without its faults, for inspection. Callers must not write to it.
func (e *Engine) ContentBackend() *backend.Content { return e.current().content }

// SnapshotterBackend returns the backend of a snapshotter without its faults, for inspection. It returns nil if there
// is none. Callers must not write to it.
func (e *Engine) SnapshotterBackend(name string) *backend.Snapshotter {
	return e.current().snapshotter(name)
}

// Leftovers lists the contents of the backends by their own names: blobs by digest, then ingests, then the snapshots of
// each snapshotter, in ascending order. Tests use it to find objects that the database does not name.
func (e *Engine) Leftovers(ctx context.Context) []string {
	d := e.current()
	var all []string
	_ = d.content.Walk(ctx, func(info content.Info) error {
		all = append(all, info.Digest.String())
		return nil
	})
	_ = d.content.WalkStatusRefs(ctx, func(ref string) error {
		all = append(all, ref)
		return nil
	})
	for _, s := range d.snapshotters {
		_ = s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			all = append(all, info.Name)
			return nil
		})
	}
	return all
}

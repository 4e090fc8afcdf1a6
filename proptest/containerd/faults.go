package containerd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/opencontainers/go-digest"
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// faults are the active faults of a system's backends and database, by name. They survive a crash.
type faults struct {
	active map[string]*fault
	dead   bool // a fault has killed the daemon
}

type fault struct {
	engine.Fault
	calls uint64 // matching calls so far
}

// set activates a fault. Delays and hangs need calls that overlap.
func (f *faults) set(o engine.Op) (any, error) {
	a, err := op.ArgsAs[op.FaultsSetArgs](o.Name, o.Args)
	if err != nil {
		return nil, err
	}
	if a.Fault.Delay != 0 || a.Fault.Hang || a.Fault.OneIn > 1 {
		return nil, fmt.Errorf("fault %q: the system has no delays, hangs and chances", a.Name)
	}
	f.active[a.Name] = &fault{Fault: a.Fault}
	return nil, nil
}

func (f *faults) clear(o engine.Op) (any, error) {
	if a, _ := o.Args.(op.Named); a.Name != "" {
		delete(f.active, a.Name)
	} else {
		clear(f.active)
	}
	return nil, nil
}

// hit counts a call and returns its error.
func (f *faults) hit(on, call, key string, after bool) error {
	for _, name := range slices.Sorted(maps.Keys(f.active)) {
		if f.dead {
			break
		}
		a := f.active[name]
		if a.After != after || a.On != "" && a.On != on || a.Call != "" && a.Call != call ||
			a.Key != "" && a.Key != key && !strings.HasSuffix(key, "/"+a.Key) {
			continue
		}
		a.calls++
		if first := max(a.Nth, 1); a.calls < first || a.Times > 0 && a.calls-first >= a.Times {
			continue
		}
		if a.Kill {
			f.dead = true
		} else if a.Error != "" {
			return fmt.Errorf("%s %s %s: fault %q: %w", on, call, key, name, a.Error.Err())
		}
	}
	if f.dead {
		return engine.ErrDown
	}
	return nil
}

// pass makes a call with the faults before and after it.
func pass[T any](f *faults, on, call, key string, do func() (T, error)) (T, error) {
	if err := f.hit(on, call, key, false); err != nil {
		return *new(T), err
	}
	v, err := do()
	if failed := f.hit(on, call, key, true); failed != nil {
		return *new(T), failed
	}
	return v, err
}

// passOnly is pass for a call without a value.
func passOnly(f *faults, on, call, key string, do func() error) error {
	_, err := pass(f, on, call, key, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// A database is the daemon's database with faults.
type database struct {
	*faults
	to *bbolt.DB
}

func (d database) View(fn func(*bbolt.Tx) error) error {
	return passOnly(d.faults, "kv", "view", "", func() error { return d.to.View(fn) })
}

func (d database) Update(fn func(*bbolt.Tx) error) error {
	if err := d.hit("kv", "update", "", false); err != nil {
		return err
	}
	err := d.to.Update(func(tx *bbolt.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return d.hit("kv", "commit", "", false)
	})
	if err != nil {
		return err
	}
	return d.hit("kv", "commit", "", true)
}

// A contentStore is the content backend with faults.
type contentStore struct {
	content.Store
	*faults
}

func (c contentStore) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	return pass(c.faults, "content", "info", string(dgst), func() (content.Info, error) { return c.Store.Info(ctx, dgst) })
}

func (c contentStore) Walk(ctx context.Context, fn content.WalkFunc, filters ...string) error {
	return passOnly(c.faults, "content", "walk", "", func() error { return c.Store.Walk(ctx, fn, filters...) })
}

func (c contentStore) Delete(ctx context.Context, dgst digest.Digest) error {
	return passOnly(c.faults, "content", "delete", string(dgst), func() error { return c.Store.Delete(ctx, dgst) })
}

func (c contentStore) Status(ctx context.Context, ref string) (content.Status, error) {
	return pass(c.faults, "content", "status", ref, func() (content.Status, error) { return c.Store.Status(ctx, ref) })
}

func (c contentStore) ListStatuses(ctx context.Context, filters ...string) ([]content.Status, error) {
	return pass(c.faults, "content", "list", "", func() ([]content.Status, error) { return c.Store.ListStatuses(ctx, filters...) })
}

func (c contentStore) Abort(ctx context.Context, ref string) error {
	return passOnly(c.faults, "content", "abort", ref, func() error { return c.Store.Abort(ctx, ref) })
}

func (c contentStore) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	w, err := pass(c.faults, "content", "writer", want.Ref, func() (content.Writer, error) { return c.Store.Writer(ctx, opts...) })
	if err != nil {
		return nil, err
	}
	return writer{w, c.faults, want.Ref}, nil
}

type writer struct {
	content.Writer
	*faults
	ref string
}

func (w writer) Write(p []byte) (int, error) {
	return pass(w.faults, "content", "write", w.ref, func() (int, error) { return w.Writer.Write(p) })
}

func (w writer) Truncate(size int64) error {
	return passOnly(w.faults, "content", "truncate", w.ref, func() error { return w.Writer.Truncate(size) })
}

func (w writer) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	err := passOnly(w.faults, "content", "commit", w.ref, func() error { return w.Writer.Commit(ctx, size, expected, opts...) })
	if err != nil {
		w.Close() // as Commit does in every case
	}
	return err
}

// A layerStore is a snapshotter backend with faults.
type layerStore struct {
	snapshots.Snapshotter
	*faults
	on string
}

func (l layerStore) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	return pass(l.faults, l.on, "stat", key, func() (snapshots.Info, error) { return l.Snapshotter.Stat(ctx, key) })
}

func (l layerStore) Update(ctx context.Context, info snapshots.Info, paths ...string) (snapshots.Info, error) {
	return pass(l.faults, l.on, "update", info.Name, func() (snapshots.Info, error) { return l.Snapshotter.Update(ctx, info, paths...) })
}

func (l layerStore) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	return pass(l.faults, l.on, "usage", key, func() (snapshots.Usage, error) { return l.Snapshotter.Usage(ctx, key) })
}

func (l layerStore) Mounts(ctx context.Context, key string) ([]mount.Mount, error) {
	return pass(l.faults, l.on, "mounts", key, func() ([]mount.Mount, error) { return l.Snapshotter.Mounts(ctx, key) })
}

func (l layerStore) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return pass(l.faults, l.on, "prepare", key, func() ([]mount.Mount, error) { return l.Snapshotter.Prepare(ctx, key, parent, opts...) })
}

func (l layerStore) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return pass(l.faults, l.on, "view", key, func() ([]mount.Mount, error) { return l.Snapshotter.View(ctx, key, parent, opts...) })
}

func (l layerStore) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	return passOnly(l.faults, l.on, "commit", key, func() error { return l.Snapshotter.Commit(ctx, name, key, opts...) })
}

func (l layerStore) Remove(ctx context.Context, key string) error {
	return passOnly(l.faults, l.on, "remove", key, func() error { return l.Snapshotter.Remove(ctx, key) })
}

func (l layerStore) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	return passOnly(l.faults, l.on, "walk", "", func() error { return l.Snapshotter.Walk(ctx, fn, filters...) })
}

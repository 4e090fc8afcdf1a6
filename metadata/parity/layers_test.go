package parity

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
)

// layers is a snapshotter backend in memory. It is not safe for concurrent use.
//
// It also acts as a remote snapshotter. If the target of a new snapshot begins with "remote", the backend already has a
// committed snapshot, and returns AlreadyExists.
type layers struct {
	*journal
	*fault
	stream    string
	all       map[string]*layer
	backwards bool // walks in reverse order
}

type layer struct {
	snapshots.Info
	children int
}

func newLayers(name string, j *journal, f *fault, backwards bool) *layers {
	return &layers{j, f, "snapshotter " + name, map[string]*layer{}, backwards}
}

// cleaningLayers is layers with the optional method Cleanup.
type cleaningLayers struct{ *layers }

func (s cleaningLayers) Cleanup(ctx context.Context) error {
	s.note(s.stream, "Cleanup")
	return s.fails("Cleanup")
}

// fails returns the injected error of a method of this snapshotter. The name of the snapshotter is part of the method,
// because containerd cleans several snapshotters concurrently.
func (s *layers) fails(method string) error { return s.at(method + " " + s.stream) }

// get returns a layer for a method that can fail.
func (s *layers) get(method, key string) (*layer, error) {
	if err := s.fails(method); err != nil {
		return nil, err
	}
	l, ok := s.all[key]
	if !ok {
		return nil, fmt.Errorf("layer %q: %w", key, errdefs.ErrNotFound)
	}
	return l, nil
}

func (s *layers) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	l, err := s.get("Stat", key)
	if err != nil {
		return snapshots.Info{}, err
	}
	return clone(l.Info), nil
}

func (s *layers) Update(ctx context.Context, info snapshots.Info, fieldpaths ...string) (snapshots.Info, error) {
	s.note(s.stream, "Update %s %q", render(info), fieldpaths)
	l, err := s.get("Update", info.Name)
	if err != nil {
		return snapshots.Info{}, err
	}
	l.Labels = maps.Clone(info.Labels)
	l.Updated = time.Now().UTC()
	return clone(l.Info), nil
}

func (s *layers) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	if _, err := s.get("Usage", key); err != nil {
		return snapshots.Usage{}, err
	}
	return snapshots.Usage{Inodes: 1, Size: int64(len(key))}, nil
}

func (s *layers) Mounts(ctx context.Context, key string) ([]mount.Mount, error) {
	l, err := s.get("Mounts", key)
	if err != nil {
		return nil, err
	}
	if l.Kind == snapshots.KindCommitted {
		return nil, fmt.Errorf("layer %q is committed: %w", key, errdefs.ErrFailedPrecondition)
	}
	return l.mounts(), nil
}

func (l *layer) mounts() []mount.Mount {
	return []mount.Mount{{Type: "bind", Source: l.Name, Options: []string{l.Kind.String(), l.Parent}}}
}

func (s *layers) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return s.create("Prepare", snapshots.KindActive, key, parent, opts)
}

func (s *layers) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return s.create("View", snapshots.KindView, key, parent, opts)
}

func (s *layers) create(method string, kind snapshots.Kind, key, parent string, opts []snapshots.Opt) ([]mount.Mount, error) {
	now := time.Now().UTC()
	l := &layer{Info: snapshots.Info{Kind: kind, Name: key, Parent: parent, Created: now, Updated: now}}
	for _, opt := range opts {
		if err := opt(&l.Info); err != nil {
			return nil, err
		}
	}
	s.note(s.stream, "%s %s", method, render(l.Info))
	if err := s.fails(method); err != nil {
		return nil, err
	}
	if parent != "" {
		p, ok := s.all[parent]
		switch {
		case !ok:
			return nil, fmt.Errorf("parent %q: %w", parent, errdefs.ErrNotFound)
		case p.Kind != snapshots.KindCommitted:
			return nil, fmt.Errorf("parent %q is not committed: %w", parent, errdefs.ErrInvalidArgument)
		}
	}
	if target := l.Labels[snapshots.LabelSnapshotRef]; strings.HasPrefix(target, "remote") {
		l.Name, l.Kind = "backend/"+target, snapshots.KindCommitted
		if !strings.HasPrefix(target, "remote-missing") {
			s.add(l)
		}
		return nil, fmt.Errorf("target %q: %w", target, errdefs.ErrAlreadyExists)
	}
	if s.all[key] != nil {
		return nil, fmt.Errorf("layer %q: %w", key, errdefs.ErrAlreadyExists)
	}
	s.add(l)
	return l.mounts(), nil
}

// add stores a layer, unless its name is taken.
func (s *layers) add(l *layer) {
	if s.all[l.Name] != nil {
		return
	}
	s.all[l.Name] = l
	if p := s.all[l.Parent]; p != nil {
		p.children++
	}
}

func (s *layers) drop(l *layer) {
	delete(s.all, l.Name)
	if p := s.all[l.Parent]; p != nil {
		p.children--
	}
}

func (s *layers) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	now := time.Now().UTC()
	l := &layer{Info: snapshots.Info{Kind: snapshots.KindCommitted, Name: name, Created: now, Updated: now}}
	for _, opt := range opts {
		if err := opt(&l.Info); err != nil {
			return err
		}
	}
	s.note(s.stream, "Commit %s of %q", render(l.Info), key)
	active, err := s.get("Commit", key)
	switch {
	case err != nil:
		return err
	case active.Kind != snapshots.KindActive:
		return fmt.Errorf("layer %q is not active: %w", key, errdefs.ErrFailedPrecondition)
	case s.all[name] != nil:
		return fmt.Errorf("layer %q: %w", name, errdefs.ErrAlreadyExists)
	case l.Parent != "" && active.Parent != "" && l.Parent != active.Parent:
		return fmt.Errorf("layer %q has a parent: %w", key, errdefs.ErrInvalidArgument)
	}
	if l.Parent == "" {
		l.Parent = active.Parent
	}
	s.drop(active)
	s.add(l)
	return nil
}

func (s *layers) Remove(ctx context.Context, key string) error {
	s.note(s.stream, "Remove %q", key)
	l, err := s.get("Remove", key)
	if err != nil {
		return err
	}
	if l.children > 0 {
		return fmt.Errorf("layer %q has children: %w", key, errdefs.ErrFailedPrecondition)
	}
	s.drop(l)
	return nil
}

func (s *layers) Walk(ctx context.Context, fn snapshots.WalkFunc, fs ...string) error {
	if err := s.fails("Walk"); err != nil {
		return err
	}
	if _, err := filters.ParseAll(fs...); err != nil {
		return err
	}
	// A backend may ignore filters, as this one does.
	for _, name := range keys(s.all, s.backwards) {
		l, ok := s.all[name]
		if !ok {
			continue
		}
		if err := fn(ctx, clone(l.Info)); err != nil {
			return err
		}
	}
	return nil
}

func (s *layers) Close() error {
	s.note(s.stream, "Close")
	return s.fails("Close")
}

// state writes the content of the backend, for comparison.
func (s *layers) state(to *strings.Builder) {
	for _, name := range keys(s.all, false) {
		l := s.all[name]
		fmt.Fprintf(to, "%s %s children=%d\n", s.stream, render(l.Info), l.children)
	}
}

// Package prune runs the cache manager of the BuildKit version in go.mod on random caches.
package prune

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	"github.com/moby/buildkit/snapshot"
	digest "github.com/opencontainers/go-digest"
)

// A snapshotter has snapshots with sizes and no content. It has the methods that a cache manager calls without mounts.
type snapshotter struct {
	snapshot.Snapshotter
	sizes map[string]int64 // by key
	next  int64            // the size of the next prepared snapshot
}

func (s *snapshotter) Name() string { return "sizes" }

func (s *snapshotter) Prepare(_ context.Context, key, _ string, _ ...snapshots.Opt) error {
	s.sizes[key] = s.next
	return nil
}

func (s *snapshotter) Commit(_ context.Context, name, key string, _ ...snapshots.Opt) error {
	s.sizes[name] = s.sizes[key]
	return nil
}

func (s *snapshotter) Stat(_ context.Context, key string) (snapshots.Info, error) {
	if _, ok := s.sizes[key]; !ok {
		return snapshots.Info{}, fmt.Errorf("snapshot %q: %w", key, errdefs.ErrNotFound)
	}
	return snapshots.Info{Name: key}, nil
}

func (s *snapshotter) Usage(_ context.Context, key string) (snapshots.Usage, error) {
	return snapshots.Usage{Size: s.sizes[key]}, nil
}

// A leaseManager logs the leases to delete. A cache record is removed by deleting the lease of its ID.
type leaseManager struct {
	leases.Manager
	tried  []string
	refuse map[string]bool // leases that cannot be deleted
}

func (*leaseManager) Create(_ context.Context, options ...leases.Opt) (leases.Lease, error) {
	var l leases.Lease
	for _, o := range options {
		if err := o(&l); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (*leaseManager) AddResource(context.Context, leases.Lease, leases.Resource) error { return nil }

func (m *leaseManager) Delete(_ context.Context, l leases.Lease, _ ...leases.DeleteOpt) error {
	m.tried = append(m.tried, l.ID)
	if m.refuse[l.ID] {
		return fmt.Errorf("lease %q: refused", l.ID)
	}
	return nil
}

// images has the IDs of records whose layers are those of an image.
type images map[string]bool

func (i images) Exists(id string, _ []digest.Digest) bool { return i[id] }

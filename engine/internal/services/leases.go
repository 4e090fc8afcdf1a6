//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/leases"
)

type leaseManager struct{ *node }

func (m leaseManager) Create(ctx context.Context, opts ...leases.Opt) (leases.Lease, error) {
	return m.Leases().Create(m.in(ctx), opts...)
}

// Delete deletes a lease. If the deletion is synchronous, it then waits for a collection.
func (m leaseManager) Delete(ctx context.Context, lease leases.Lease, opts ...leases.DeleteOpt) error {
	ctx = m.in(ctx)
	var how leases.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &how); err != nil {
			return err
		}
	}
	if err := m.Leases().Delete(ctx, lease); err != nil || !how.Synchronous {
		return err
	}
	return m.collect(ctx)
}

func (m leaseManager) List(ctx context.Context, filters ...string) ([]leases.Lease, error) {
	return m.Leases().List(m.in(ctx), filters...)
}

func (m leaseManager) AddResource(ctx context.Context, lease leases.Lease, r leases.Resource) error {
	return m.Leases().AddResource(m.in(ctx), lease, r)
}

func (m leaseManager) DeleteResource(ctx context.Context, lease leases.Lease, r leases.Resource) error {
	return m.Leases().DeleteResource(m.in(ctx), lease, r)
}

func (m leaseManager) ListResources(ctx context.Context, lease leases.Lease) ([]leases.Resource, error) {
	return m.Leases().ListResources(m.in(ctx), lease)
}

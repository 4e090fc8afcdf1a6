//go:build !wasm

package leases

import (
	"context"

	"github.com/containerd/containerd/v2/core/leases"
)

type (
	// Lease holds resources until it is deleted or expires.
	Lease = leases.Lease
	// Resource is something that a lease holds.
	Resource = leases.Resource
	// Manager keeps leases.
	Manager = leases.Manager
	// Opt sets a property of a lease that is being made.
	Opt = leases.Opt
	// DeleteOpt sets how a lease is deleted.
	DeleteOpt = leases.DeleteOpt
	// DeleteOptions are how a lease is deleted.
	DeleteOptions = leases.DeleteOptions
)

// SynchronousDelete has garbage be collected before the deletion returns.
func SynchronousDelete(ctx context.Context, o *DeleteOptions) error {
	return leases.SynchronousDelete(ctx, o)
}

// WithLease returns a context in which what is made is held by a lease.
func WithLease(ctx context.Context, id string) context.Context { return leases.WithLease(ctx, id) }

// FromContext returns the lease of a context, and whether it has one.
func FromContext(ctx context.Context) (string, bool) { return leases.FromContext(ctx) }

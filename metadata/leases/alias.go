//go:build !wasm

package leases

import (
	"context"

	"github.com/containerd/containerd/v2/core/leases"
)

type (
	// Lease is a root: it keeps the resources that it references until it is deleted or expires.
	Lease = leases.Lease
	// Resource identifies a resource that a lease references, for example type "content" and a digest.
	Resource = leases.Resource
	// Manager stores leases and their references to resources.
	Manager = leases.Manager
	// Opt is an option of Manager.Create.
	Opt = leases.Opt
	// DeleteOpt is an option of Manager.Delete.
	DeleteOpt = leases.DeleteOpt
	// DeleteOptions are the values that DeleteOpt options set.
	DeleteOptions = leases.DeleteOptions
)

// SynchronousDelete requests a collection before Delete returns.
func SynchronousDelete(ctx context.Context, o *DeleteOptions) error {
	return leases.SynchronousDelete(ctx, o)
}

// WithLease returns a context with a lease. Calls with that context add the resources that they create to the lease.
func WithLease(ctx context.Context, id string) context.Context { return leases.WithLease(ctx, id) }

// FromContext returns the ID of the lease of ctx, and whether ctx has a lease.
func FromContext(ctx context.Context) (string, bool) { return leases.FromContext(ctx) }

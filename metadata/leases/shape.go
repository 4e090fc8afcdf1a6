//go:build wasm

package leases

import (
	"context"
	"time"
)

// Lease holds resources until it is deleted or expires.
type Lease struct {
	ID        string
	CreatedAt time.Time
	Labels    map[string]string
}

// Resource is something that a lease holds.
type Resource struct {
	ID   string
	Type string
}

// Manager keeps leases.
type Manager interface {
	Create(context.Context, ...Opt) (Lease, error)
	Delete(context.Context, Lease, ...DeleteOpt) error
	List(context.Context, ...string) ([]Lease, error)
	AddResource(context.Context, Lease, Resource) error
	DeleteResource(context.Context, Lease, Resource) error
	ListResources(context.Context, Lease) ([]Resource, error)
}

// Opt sets a property of a lease that is being made.
type Opt func(*Lease) error

// DeleteOpt sets how a lease is deleted.
type DeleteOpt func(context.Context, *DeleteOptions) error

// DeleteOptions are how a lease is deleted.
type DeleteOptions struct {
	Synchronous bool
}

// SynchronousDelete has garbage be collected before the deletion returns.
func SynchronousDelete(_ context.Context, o *DeleteOptions) error {
	o.Synchronous = true
	return nil
}

type leaseKey struct{}

// WithLease returns a context in which what is made is held by a lease.
func WithLease(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, leaseKey{}, id)
}

// FromContext returns the lease of a context, and whether it has one.
func FromContext(ctx context.Context) (string, bool) {
	id, ok := ctx.Value(leaseKey{}).(string)
	return id, ok
}

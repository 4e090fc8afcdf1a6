//go:build wasm

package leases

import (
	"context"
	"time"
)

// Lease is a root: it keeps the resources that it references until it is deleted or expires.
type Lease struct {
	ID        string
	CreatedAt time.Time
	Labels    map[string]string
}

// Resource identifies a resource that a lease references, for example type "content" and a digest.
type Resource struct {
	ID   string
	Type string
}

// Manager stores leases and their references to resources.
type Manager interface {
	Create(context.Context, ...Opt) (Lease, error)
	Delete(context.Context, Lease, ...DeleteOpt) error
	List(context.Context, ...string) ([]Lease, error)
	AddResource(context.Context, Lease, Resource) error
	DeleteResource(context.Context, Lease, Resource) error
	ListResources(context.Context, Lease) ([]Resource, error)
}

// Opt is an option of Manager.Create.
type Opt func(*Lease) error

// DeleteOpt is an option of Manager.Delete.
type DeleteOpt func(context.Context, *DeleteOptions) error

// DeleteOptions are the values that DeleteOpt options set.
type DeleteOptions struct {
	Synchronous bool
}

// SynchronousDelete requests a collection before Delete returns.
func SynchronousDelete(_ context.Context, o *DeleteOptions) error {
	o.Synchronous = true
	return nil
}

type leaseKey struct{}

// WithLease returns a context with a lease. Calls with that context add the resources that they create to the lease.
func WithLease(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, leaseKey{}, id)
}

// FromContext returns the ID of the lease of ctx, and whether ctx has a lease.
func FromContext(ctx context.Context) (string, bool) {
	id, ok := ctx.Value(leaseKey{}).(string)
	return id, ok
}

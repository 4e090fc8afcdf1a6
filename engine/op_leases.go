package engine

import (
	"github.com/holdfast-gc/holdfast/metadata/leases"
)

// Arguments of the Ops on leases.
type (
	// LeaseCreate makes a lease.
	LeaseCreate struct {
		ID     string
		Labels map[string]string
	}
	// LeaseDelete deletes a lease.
	LeaseDelete struct {
		ID   string
		Sync bool // the manager takes no notice
	}
	// LeaseResource has a lease hold a resource, or no longer.
	LeaseResource struct {
		ID       string
		Resource leases.Resource
	}
)

var leaseRows = []row{
	writes("leases.create", func(c *call, a LeaseCreate) (any, error) {
		return returned(c.node.Leases().Create(c.ctx, func(l *leases.Lease) error {
			l.ID, l.Labels = a.ID, a.Labels
			return nil
		}))
	}),
	writes("leases.delete", func(c *call, a LeaseDelete) (any, error) {
		var opts []leases.DeleteOpt
		if a.Sync {
			opts = append(opts, leases.SynchronousDelete)
		}
		return nil, c.node.Leases().Delete(c.ctx, leases.Lease{ID: a.ID}, opts...)
	}),
	reads("leases.list", func(c *call, a Filtered) (any, error) {
		return returned(c.node.Leases().List(c.ctx, a.Filters...))
	}),
	writes("leases.addresource", func(c *call, a LeaseResource) (any, error) {
		return nil, c.node.Leases().AddResource(c.ctx, leases.Lease{ID: a.ID}, a.Resource)
	}),
	writes("leases.deleteresource", func(c *call, a LeaseResource) (any, error) {
		return nil, c.node.Leases().DeleteResource(c.ctx, leases.Lease{ID: a.ID}, a.Resource)
	}),
	reads("leases.listresources", func(c *call, a Identified) (any, error) {
		return returned(c.node.Leases().ListResources(c.ctx, leases.Lease{ID: a.ID}))
	}),
}

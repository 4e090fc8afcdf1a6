package op

import (
	"context"

	"github.com/holdfast-gc/holdfast/metadata/leases"
)

// Arguments of the Ops on leases.
type (
	// LeasesCreateArgs are a new lease and its labels.
	LeasesCreateArgs struct {
		ID     string
		Labels map[string]string
	}
	// LeasesDeleteArgs delete a lease.
	LeasesDeleteArgs struct {
		ID   string
		Sync bool // the manager ignores it
	}
	// LeaseResource is a resource that a lease starts or stops to hold.
	LeaseResource struct {
		ID       string
		Resource leases.Resource
	}
)

func leaseManager(t Target) leases.Manager { return t.Stores.Leases() }

var leaseRows = []Row{
	writes(LeasesCreate, leaseManager, func(ctx context.Context, m leases.Manager, a LeasesCreateArgs) (leases.Lease, error) {
		return m.Create(ctx, func(l *leases.Lease) error {
			l.ID, l.Labels = a.ID, a.Labels
			return nil
		})
	}),
	writes(LeasesDelete, leaseManager, func(ctx context.Context, m leases.Manager, a LeasesDeleteArgs) (None, error) {
		var opts []leases.DeleteOpt
		if a.Sync {
			opts = append(opts, leases.SynchronousDelete)
		}
		return None{}, m.Delete(ctx, leases.Lease{ID: a.ID}, opts...)
	}),
	reads(LeasesList, leaseManager, func(ctx context.Context, m leases.Manager, a Filtered) ([]leases.Lease, error) {
		return m.List(ctx, a.Filters...)
	}),
	writes(LeasesAddResource, leaseManager, func(ctx context.Context, m leases.Manager, a LeaseResource) (None, error) {
		return None{}, m.AddResource(ctx, leases.Lease{ID: a.ID}, a.Resource)
	}),
	writes(LeasesDeleteResource, leaseManager, func(ctx context.Context, m leases.Manager, a LeaseResource) (None, error) {
		return None{}, m.DeleteResource(ctx, leases.Lease{ID: a.ID}, a.Resource)
	}),
	reads(LeasesListResources, leaseManager, func(ctx context.Context, m leases.Manager, a Identified) ([]leases.Resource, error) {
		return m.ListResources(ctx, leases.Lease{ID: a.ID})
	}),
}

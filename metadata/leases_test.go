package metadata_test

import (
	"context"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
)

func TestLeases(t *testing.T) {
	create := func(m *mirror, ctx context.Context, opts ...leases.Opt) {
		m.t.Helper()
		m.call("create lease", func(s *side) (any, error) { return s.leases.Create(ctx, opts...) })
	}
	mirrored(t, func(m *mirror) {
		m.call("list none", func(s *side) (any, error) { return s.leases.List(inDefault) })
		m.do("delete none", func(s *side) error { return s.leases.Delete(inDefault, leases.Lease{ID: "a"}) })
		create(m, inDefault)
		create(m, context.Background(), leases.WithID("a"))
		create(m, inDefault, leases.WithID("a"))
		create(m, inDefault, leases.WithID("a"))
		create(m, inDefault, leases.WithID("any text / at all"))
		create(m, inDefault, leases.WithID("labels"), leases.WithLabels(labels("k", "v", "e", "")))
		create(m, inDefault, leases.WithID("empty"), leases.WithLabels(labels("e", "")))
		create(m, inDefault, leases.WithID("none"), leases.WithLabels(labels()))
		create(m, inDefault, leases.WithID("long"), leases.WithLabels(labels("k", strings.Repeat("v", 5000))))
		create(m, inDefault, leases.WithID("too long"), leases.WithLabels(labels(strings.Repeat("k", 40000), "v")))
		create(m, inDefault, leases.WithID("x"), func(*leases.Lease) error { return errdefs.ErrNotImplemented })
		m.call("list", func(s *side) (any, error) { return s.leases.List(inDefault) })
		m.call("list elsewhere", func(s *side) (any, error) { return s.leases.List(context.Background()) })
		m.do("delete", func(s *side) error {
			return s.leases.Delete(inDefault, leases.Lease{ID: "a"}, leases.SynchronousDelete)
		})
		m.do("delete again", func(s *side) error { return s.leases.Delete(inDefault, leases.Lease{ID: "a"}) })
		m.do("delete nothing", func(s *side) error { return s.leases.Delete(inDefault, leases.Lease{}) })
	})
}

func TestLeaseResources(t *testing.T) {
	lease := leases.Lease{ID: "l"}
	mirrored(t, func(m *mirror) {
		list := func(id string) {
			m.t.Helper()
			m.call("list", func(s *side) (any, error) { return s.leases.ListResources(inDefault, leases.Lease{ID: id}) })
		}
		list("l")
		m.call("create", func(s *side) (any, error) { return s.leases.Create(inDefault, leases.WithID("l")) })
		list("l")
		resources := []leases.Resource{
			{ID: "image", Type: "images"},
			{ID: "another", Type: "images"},
			{ID: "ref", Type: "ingests"},
			{ID: "key", Type: "snapshots/native"},
			{ID: "key", Type: "snapshots/overlay"},
			{ID: digest.FromString("a").String(), Type: "content"},
			{ID: "nonsense", Type: "content"},
			{ID: "a", Type: "images/x"},
			{ID: "a", Type: "content/x"},
			{ID: "a", Type: "snapshots"},
			{ID: "a", Type: "snapshots/"},
			{ID: "a", Type: "snapshots/a/b"},
			{ID: "a", Type: "other"},
			{ID: "a", Type: ""},
			{ID: "", Type: "images"},
			{ID: strings.Repeat("a", 40000), Type: "images"},
		}
		for _, r := range resources {
			m.do("add "+r.Type, func(s *side) error { return s.leases.AddResource(inDefault, lease, r) })
			m.do("add again "+r.Type, func(s *side) error { return s.leases.AddResource(inDefault, lease, r) })
			m.do("add to none", func(s *side) error { return s.leases.AddResource(inDefault, leases.Lease{ID: "x"}, r) })
			list("l")
		}
		list("x")
		for _, r := range resources {
			m.do("delete "+r.Type, func(s *side) error { return s.leases.DeleteResource(inDefault, lease, r) })
			m.do("delete again "+r.Type, func(s *side) error { return s.leases.DeleteResource(inDefault, lease, r) })
			m.do("delete from none", func(s *side) error { return s.leases.DeleteResource(inDefault, leases.Lease{ID: "x"}, r) })
			list("l")
		}
		ctx := context.Background()
		m.do("no namespace", func(s *side) error { return s.leases.AddResource(ctx, lease, resources[0]) })
		m.do("no namespace", func(s *side) error { return s.leases.DeleteResource(ctx, lease, resources[0]) })
		m.call("no namespace", func(s *side) (any, error) { return s.leases.ListResources(ctx, lease) })
	})
}

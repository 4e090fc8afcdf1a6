package metadata_test

import (
	"context"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
)

func TestNamespaces(t *testing.T) {
	ctx := context.Background()
	mirrored(t, func(m *mirror) {
		within := func(name string, fn func(namespaces.Store) (any, error)) {
			m.t.Helper()
			m.call(name, func(s *side) (result any, err error) {
				err = s.namespaces(func(ns namespaces.Store) error {
					result, err = fn(ns)
					return err
				})
				return result, err
			})
		}
		create := func(name string, labels map[string]string) {
			m.t.Helper()
			within("create "+name, func(ns namespaces.Store) (any, error) { return nil, ns.Create(ctx, name, labels) })
		}
		set := func(name, key, value string) {
			m.t.Helper()
			within("set "+name, func(ns namespaces.Store) (any, error) { return nil, ns.SetLabel(ctx, name, key, value) })
		}
		get := func(name string) {
			m.t.Helper()
			within("labels "+name, func(ns namespaces.Store) (any, error) { return ns.Labels(ctx, name) })
		}
		del := func(name string, opts ...namespaces.DeleteOpts) {
			m.t.Helper()
			within("delete "+name, func(ns namespaces.Store) (any, error) { return nil, ns.Delete(ctx, name, opts...) })
		}
		list := func() {
			m.t.Helper()
			within("list", func(ns namespaces.Store) (any, error) { return ns.List(ctx) })
		}
		list()
		get("none")
		del("none")
		create("plain", nil)
		create("plain", nil)
		create("labels", labels("k", "v", "empty", ""))
		create("", nil)
		create("version", nil)
		create("bad name", nil)
		create("long", labels("k", strings.Repeat("v", 4096)))
		create("unnamed", labels("", "v"))
		for _, name := range []string{"plain", "labels", "new", "version", ""} {
			set(name, "a", "1")
			set(name, "a", "2")
			set(name, "b", "")
			set(name, "a", "")
			set(name, "", "x")
			set(name, "", "")
			set(name, "k", strings.Repeat("v", 4096))
			get(name)
		}
		list()
		del("version")
		del("")
		del("plain", func(context.Context, *namespaces.DeleteInfo) error { return errdefs.ErrNotImplemented })
		del("plain")
		list()

		in := namespaces.WithNamespace(ctx, "labels")
		m.call("image", func(s *side) (any, error) {
			return s.images.Create(in, images.Image{Name: "i", Target: descriptor("a", nil)})
		})
		del("labels")
		m.do("no image", func(s *side) error { return s.images.Delete(in, "i") })
		m.call("container", func(s *side) (any, error) { return s.containers.Create(in, container()) })
		del("labels")
		m.do("no container", func(s *side) error { return s.containers.Delete(in, "c") })
		m.call("lease", func(s *side) (any, error) { return s.leases.Create(in, leases.WithID("l")) })
		m.call("sandbox", func(s *side) (any, error) { return s.sandboxes.Create(in, pod()) })
		del("labels")
		list()
	})
}

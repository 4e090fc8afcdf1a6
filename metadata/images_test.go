package metadata_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func descriptor(text string, annotations map[string]string) ocispec.Descriptor {
	return ocispec.Descriptor{
		MediaType:   "application/vnd.oci.image.manifest.v1+json",
		Digest:      digest.FromString(text),
		Size:        int64(len(text)) + 1000,
		Annotations: annotations,
		URLs:        []string{"not stored"},
	}
}

func numberedImage(i int) images.Image {
	return images.Image{Name: fmt.Sprintf("image-%d", i), Target: descriptor(fmt.Sprint(i), nil), Labels: labels("k", "v")}
}

func labels(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func (m *mirror) createImage(ctx context.Context, name string, image func() images.Image) {
	m.t.Helper()
	m.call("create image "+name, func(s *side) (any, error) {
		i := image()
		i.Name = name
		return s.images.Create(ctx, i)
	})
}

func (m *mirror) updateImage(ctx context.Context, name string, image func() images.Image, paths ...string) {
	m.t.Helper()
	m.call("update image "+name+" "+strings.Join(paths, " "), func(s *side) (any, error) {
		i := image()
		i.Name = name
		return s.images.Update(ctx, i, paths...)
	})
}

func TestImageCreate(t *testing.T) {
	for name, image := range map[string]func() images.Image{
		"plain": func() images.Image { return images.Image{Target: descriptor("a", nil)} },
		"labels": func() images.Image {
			return images.Image{Target: descriptor("a", nil), Labels: labels("z", "1", "a", "2", "m", "")}
		},
		"emptylabels": func() images.Image { return images.Image{Target: descriptor("a", labels()), Labels: labels("z", "")} },
		"nolabels":    func() images.Image { return images.Image{Target: descriptor("a", nil), Labels: labels()} },
		"annotations": func() images.Image { return images.Image{Target: descriptor("a", labels("x", "y", "e", ""))} },
		"":            func() images.Image { return images.Image{Target: descriptor("a", nil)} },
		"long label": func() images.Image {
			return images.Image{Target: descriptor("a", nil), Labels: labels("k", strings.Repeat("v", 4096))}
		},
		"empty label": func() images.Image { return images.Image{Target: descriptor("a", nil), Labels: labels("", "v")} },
		"no target":   func() images.Image { return images.Image{} },
		"no size":     func() images.Image { d := descriptor("a", nil); d.Size = 0; return images.Image{Target: d} },
		"no type":     func() images.Image { d := descriptor("a", nil); d.MediaType = ""; return images.Image{Target: d} },
		"bad digest":  func() images.Image { d := descriptor("a", nil); d.Digest = "sha256:1"; return images.Image{Target: d} },
		"many labels": func() images.Image {
			i := images.Image{Target: descriptor("a", nil), Labels: labels()}
			for range 500 {
				i.Labels[strings.Repeat("k", len(i.Labels)+1)] = strings.Repeat("v", 300)
			}
			return i
		},
	} {
		t.Run(name, func(t *testing.T) {
			mirrored(t, func(m *mirror) {
				m.createImage(inDefault, name, image)
				m.createImage(inDefault, name, image)
				m.call("get", func(s *side) (any, error) { return s.images.Get(inDefault, name) })
				m.updateImage(inDefault, name, image)
				m.call("list", func(s *side) (any, error) { return s.images.List(inDefault) })
			})
		})
	}
}

func TestImageNamespaces(t *testing.T) {
	plain := func() images.Image { return images.Image{Target: descriptor("a", nil)} }
	mirrored(t, func(m *mirror) {
		for _, ctx := range []context.Context{
			context.Background(),
			namespaces.WithNamespace(context.Background(), ""),
			namespaces.WithNamespace(context.Background(), "-"),
			namespaces.WithNamespace(context.Background(), "a--b"),
			namespaces.WithNamespace(context.Background(), "a.b_c-D0"),
			namespaces.WithNamespace(context.Background(), "a."),
			namespaces.WithNamespace(context.Background(), "ä"),
			namespaces.WithNamespace(context.Background(), "version"),
			namespaces.WithNamespace(context.Background(), strings.Repeat("a", 76)),
			namespaces.WithNamespace(context.Background(), strings.Repeat("a", 77)),
		} {
			m.createImage(ctx, "a", plain)
			m.createImage(ctx, "", plain)
			m.updateImage(ctx, "a", plain)
			m.updateImage(ctx, "", plain)
			m.call("get", func(s *side) (any, error) { return s.images.Get(ctx, "a") })
			m.call("list", func(s *side) (any, error) { return s.images.List(ctx) })
			m.do("delete", func(s *side) error { return s.images.Delete(ctx, "a") })
		}
	})
}

func TestImageUpdate(t *testing.T) {
	old := func() images.Image {
		return images.Image{Target: descriptor("old", labels("a", "1", "b", "2")), Labels: labels("a", "1", "b", "2")}
	}
	changed := func() images.Image {
		return images.Image{Target: descriptor("new", labels("b", "3", "c", "4", "e", "")), Labels: labels("b", "3", "c", "4", "e", "")}
	}
	for _, paths := range [][]string{
		nil,
		{"labels"}, {"labels.a"}, {"labels.b"}, {"labels.b", "labels.c"}, {"labels", "labels.a"}, {"labels."}, {"labels.a", "labels"},
		{"target"}, {"target.size"}, {"annotations"}, {"annotations.b"}, {"target", "annotations.x"}, {"annotations.a", "target"},
		{"name"}, {""}, {"labels", "nonsense"},
	} {
		t.Run(strings.Join(paths, ","), func(t *testing.T) {
			mirrored(t, func(m *mirror) {
				m.createImage(inDefault, "i", old)
				m.updateImage(inDefault, "i", changed, paths...)
				m.call("get", func(s *side) (any, error) { return s.images.Get(inDefault, "i") })
				m.updateImage(inDefault, "i", func() images.Image { return images.Image{Target: descriptor("3", nil)} }, paths...)
				m.updateImage(inDefault, "none", changed, paths...)
				m.updateImage(inDefault, "i", func() images.Image { return images.Image{} }, paths...)
			})
		})
	}
}

func TestImageDelete(t *testing.T) {
	mirrored(t, func(m *mirror) {
		del := func(ctx context.Context, name string, opts ...images.DeleteOpt) {
			m.t.Helper()
			m.do("delete "+name, func(s *side) error { return s.images.Delete(ctx, name, opts...) })
		}
		plain := func() images.Image { return images.Image{Target: descriptor("a", nil)} }
		a, b := descriptor("a", nil), descriptor("b", nil)
		del(inDefault, "i")
		m.createImage(inDefault, "i", plain)
		del(inDefault, "other")
		del(inDefault, "")
		del(inDefault, "i", images.DeleteTarget(&b))
		del(inDefault, "other", images.DeleteTarget(&b))
		del(inDefault, "i", images.SynchronousDelete(), func(context.Context, *images.DeleteOptions) error { return errdefs.ErrNotImplemented })
		del(inDefault, "i", images.SynchronousDelete(), images.DeleteTarget(&a))
		m.createImage(inDefault, "i", plain)
		del(inDefault, "i", images.DeleteTarget(&ocispec.Descriptor{}))
	})
}

func TestImageLease(t *testing.T) {
	expiring := func() images.Image {
		return images.Image{Target: descriptor("a", nil), Labels: labels("containerd.io/gc.expire", "2030-01-01T00:00:00Z")}
	}
	plain := func() images.Image { return images.Image{Target: descriptor("a", nil)} }
	mirrored(t, func(m *mirror) {
		leased := leases.WithLease(inDefault, "l")
		m.createImage(leased, "plain", plain)
		m.createImage(leased, "expiring", expiring)
		m.call("lease", func(s *side) (any, error) { return s.leases.Create(inDefault, leases.WithID("l")) })
		m.createImage(leased, "expiring", expiring)
		m.createImage(leased, "expiring", expiring)
		m.updateImage(leased, "plain", expiring)
		m.do("delete", func(s *side) error { return s.images.Delete(leased, "expiring") })
		m.do("delete", func(s *side) error { return s.images.Delete(leased, "gone") })
		m.do("delete", func(s *side) error { return s.images.Delete(leases.WithLease(inDefault, "other"), "plain") })
	})
}

func TestImageEpoch(t *testing.T) {
	at := time.Date(2001, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	ctx := epoch.WithSourceDateEpoch(inDefault, &at)
	mirrored(t, func(m *mirror) {
		plain := func() images.Image { return images.Image{Target: descriptor("a", nil)} }
		m.createImage(ctx, "i", plain)
		m.updateImage(inDefault, "i", plain)
		m.updateImage(ctx, "i", plain)
		m.createImage(epoch.WithSourceDateEpoch(inDefault, nil), "j", plain)
	})
}

// A caller's transaction sees the effects of all previous calls in it, including failed calls.
func TestImageTransaction(t *testing.T) {
	expiring := func() images.Image {
		return images.Image{Target: descriptor("a", nil), Labels: labels("containerd.io/gc.expire", "2030-01-01T00:00:00Z")}
	}
	var ignored []error
	ignore := func(err error) { ignored = append(ignored, err) }
	mirrored(t, func(m *mirror) {
		m.do("failures", func(s *side) error {
			return s.update(inDefault, func(ctx context.Context) error {
				_, err := s.images.Update(namespaces.WithNamespace(ctx, "fresh"), images.Image{Name: "a"})
				ignore(err)
				_, err = s.images.Create(leases.WithLease(namespaces.WithNamespace(ctx, "new"), "none"), expiring())
				ignore(err)
				return s.images.Delete(namespaces.WithNamespace(ctx, "old"), "a")
			})
		})
		m.do("failures, committed", func(s *side) error {
			return s.update(inDefault, func(ctx context.Context) error {
				_, err := s.images.Update(namespaces.WithNamespace(ctx, "fresh"), images.Image{Name: "a"})
				ignore(err)
				i := expiring()
				i.Name = "i"
				_, err = s.images.Create(leases.WithLease(namespaces.WithNamespace(ctx, "new"), "none"), i)
				ignore(err)
				_, err = s.leases.Create(ctx, leases.WithID("l"))
				ignore(err)
				_, err = s.images.Create(ctx, i)
				ignore(err)
				_, err = s.images.Create(leases.WithLease(ctx, "l"), i)
				ignore(err)
				return nil
			})
		})
		m.do("read-only", func(s *side) error {
			return s.view(inDefault, func(ctx context.Context) error {
				_, err := s.images.Create(ctx, images.Image{})
				return err
			})
		})
		m.call("read", func(s *side) (i any, err error) {
			err = s.view(inDefault, func(ctx context.Context) error {
				i, err = s.images.Get(ctx, "i")
				return err
			})
			return i, err
		})
		m.call("read one's own writes", func(s *side) (i any, err error) {
			err = s.update(inDefault, func(ctx context.Context) error {
				if err := s.images.Delete(ctx, "i"); err != nil {
					return err
				}
				_, err := s.images.Create(ctx, images.Image{Name: "j", Target: descriptor("j", nil)})
				if err != nil {
					return err
				}
				i, err = s.images.List(ctx)
				return err
			})
			return i, err
		})
	})
}

// containerd's label writer deletes entries from the caller's maps; ours does not.
func TestArgumentsStay(t *testing.T) {
	mirrored(t, func(m *mirror) {
		i := images.Image{Name: "i", Target: descriptor("a", labels("k", "v", "e", "")), Labels: labels("k", "v", "e", "")}
		want := images.Image{Name: "i", Target: descriptor("a", labels("k", "v", "e", "")), Labels: labels("k", "v", "e", "")}
		created, err := m.ours.images.Create(inDefault, i)
		if err != nil {
			t.Fatal(err)
		}
		if len(created.Labels) != 1 || len(created.Target.Annotations) != 1 {
			t.Errorf("created: %v", created)
		}
		for _, paths := range [][]string{nil, {"labels", "labels.new"}, {"target", "annotations.new"}} {
			if _, err := m.ours.images.Update(inDefault, i, paths...); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(i, want) {
			t.Errorf("the caller's image changed to %v", i)
		}
	})
}

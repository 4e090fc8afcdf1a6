package parity

import (
	"context"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type (
	imageGet    struct{ Name string }
	imageList   struct{ Filters []string }
	imageCreate struct{ Image images.Image }
	imageUpdate struct {
		Image  images.Image
		Fields []string
	}
	imageDelete struct {
		Name   string
		Target digest.Digest // the required digest; "" for any
		Fail   bool          // pass an option that fails
	}
)

func (o imageGet) reads() {}
func (o imageGet) run(ctx context.Context, n *node) (any, error) {
	return n.images.Get(ctx, o.Name)
}

func (o imageList) reads() {}
func (o imageList) run(ctx context.Context, n *node) (any, error) {
	return n.images.List(ctx, o.Filters...)
}

func (o imageCreate) run(ctx context.Context, n *node) (any, error) {
	return n.images.Create(ctx, o.Image)
}

func (o imageUpdate) run(ctx context.Context, n *node) (any, error) {
	return n.images.Update(ctx, o.Image, o.Fields...)
}

func (o imageDelete) run(ctx context.Context, n *node) (any, error) {
	var opts []images.DeleteOpt
	if o.Target != "" {
		opts = append(opts, images.DeleteTarget(&ocispec.Descriptor{Digest: o.Target}))
	}
	if o.Fail {
		opts = append(opts, func(context.Context, *images.DeleteOptions) error { return errOption })
	}
	return nil, n.images.Delete(ctx, o.Name, opts...)
}

var imageRows = []row{
	{"image get", 3, one(func(g *gen) op { return imageGet{g.imageName()} })},
	{"image list", 1, one(func(g *gen) op { return imageList{g.filters("name", "target.digest", "target.mediatype")} })},
	{"image create", 10, one(func(g *gen) op { return imageCreate{g.image()} })},
	{"image update", 8, one(func(g *gen) op {
		image := g.image()
		return imageUpdate{image, g.fieldsFor(image.Labels, "labels", "labels.a", "labels."+g.labelKey(),
			// Not both, because "target" includes the annotations.
			pick(g, "target", "annotations"), "annotations.a", "annotations.b")}
	})},
	{"image label without a name", 1, one(func(g *gen) op {
		return imageUpdate{images.Image{Name: g.imageName()}, []string{pick(g, "annotations.", "labels.")}}
	})},
	{"image delete", 5, one(func(g *gen) op {
		o := imageDelete{Name: g.imageName(), Fail: g.chance(0.02)}
		if g.chance(0.3) {
			o.Target = g.digest()
		}
		return o
	})},
}

func (g *gen) imageName() string {
	return g.name("docker.io/library/alpine:3", "docker.io/library/busybox:1", "quay.io/app:1", "quay.io/app:2", "img")
}

func (g *gen) image() images.Image {
	image := images.Image{
		Name:   g.imageName(),
		Labels: g.labels(),
		Target: ocispec.Descriptor{
			MediaType: pick(g, ocispec.MediaTypeImageManifest, ocispec.MediaTypeImageIndex, "text/plain"),
			Digest:    g.digest(),
			Size:      g.Int64N(10_000) + 1,
		},
	}
	if g.chance(0.3) {
		image.Target.Annotations = g.plainLabels()
	}
	if g.hostile() {
		switch g.IntN(3) {
		case 0:
			image.Target.Size = -g.Int64N(2)
		case 1:
			image.Target.MediaType = ""
		case 2:
			image.Target.MediaType = "x"
			image.Target.URLs = []string{"not", "stored"}
		}
	}
	return image
}

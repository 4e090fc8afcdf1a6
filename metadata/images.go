package metadata

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

var imageTable = table[images.Image]{
	kind:    "image",
	objects: schema.KeyImages,
	frees:   true,
	late:    true,
	eager:   true,
	epoch:   true,
	id:      func(i *images.Image) *string { return &i.Name },
	created: func(i *images.Image) *time.Time { return &i.CreatedAt },
	updated: func(i *images.Image) *time.Time { return &i.UpdatedAt },
	check:   checkImage,
	hold:    holdImage,
	fields: []field[images.Image]{
		stringMap(schema.KeyAnnotations, func(i *images.Image) *map[string]string { return &i.Target.Annotations }),
		stamp(schema.KeyCreatedAt, func(i *images.Image) *time.Time { return &i.CreatedAt }),
		stringMap(schema.KeyLabels, func(i *images.Image) *map[string]string { return &i.Labels }),
		group(schema.KeyTarget,
			text(schema.KeyDigest, func(i *images.Image) *digest.Digest { return &i.Target.Digest }),
			text(schema.KeyMediaType, func(i *images.Image) *string { return &i.Target.MediaType }),
			varint(schema.KeySize, func(i *images.Image) *int64 { return &i.Target.Size }),
		).must(),
		stamp(schema.KeyUpdatedAt, func(i *images.Image) *time.Time { return &i.UpdatedAt }),
	},
	masks: []mask[images.Image]{
		entries("labels", func(i *images.Image) *map[string]string { return &i.Labels }),
		part("target", func(i *images.Image) *ocispec.Descriptor { return &i.Target }),
		entries("annotations", func(i *images.Image) *map[string]string { return &i.Target.Annotations }),
	},
	filters: []filterField[images.Image]{
		textFilter("name", func(i *images.Image) string { return i.Name }),
		groupFilter("target",
			textFilter("digest", func(i *images.Image) string { return i.Target.Digest.String() }),
			textFilter("mediatype", func(i *images.Image) string { return i.Target.MediaType }),
		),
		mapFilter("labels", func(i *images.Image) map[string]string { return i.Labels }),
		mapFilter("annotations", func(i *images.Image) map[string]string { return i.Target.Annotations }),
	},
}

func checkImage(i *images.Image) error {
	if i.Name == "" {
		return fmt.Errorf("name must not be empty: %w", errdefs.ErrInvalidArgument)
	}
	if err := validateLabels(i.Labels); err != nil {
		return err
	}
	if err := schema.ValidateDigest(i.Target.Digest); err != nil {
		return fmt.Errorf("target digest %q: %w: %w", i.Target.Digest, err, errdefs.ErrInvalidArgument)
	}
	if i.Target.Size <= 0 {
		return fmt.Errorf("target size %d must be positive: %w", i.Target.Size, errdefs.ErrInvalidArgument)
	}
	if i.Target.MediaType == "" {
		return fmt.Errorf("target media type must not be empty: %w", errdefs.ErrInvalidArgument)
	}
	return nil
}

// holdImage makes the lease of ctx hold an image that can expire. An image without an expiry label is a root and needs
// no lease.
func holdImage(ctx context.Context, tx *memkv.Tx, ns string, i *images.Image) error {
	if _, expires := i.Labels[rules.LabelExpire]; !expires {
		return nil
	}
	_, err := attachLease(ctx, tx, ns, i.Name, schema.KeyImages)
	return err
}

// An imageStore implements images.Store.
type imageStore struct {
	store[images.Image]
}

// NewImageStore returns the store of db's images. It publishes an event for each change.
func NewImageStore(db *DB) images.Store {
	return imageStore{store[images.Image]{db, &imageTable}}
}

// Create stores a new image and returns it with its times set. It fails with InvalidArgument and AlreadyExists. If the
// image has an expiry label, it fails with NotFound when the lease of ctx doesn't exist.
func (s imageStore) Create(ctx context.Context, image images.Image) (images.Image, error) {
	image, err := s.store.Create(ctx, image)
	if err == nil {
		err = s.db.publish(ctx, "/images/create", &events.ImageCreate{Name: image.Name, Labels: image.Labels})
	}
	if err != nil {
		return images.Image{}, err
	}
	return image, nil
}

// Update replaces the image, or the fields that paths name: "labels", "target", "annotations", or a single label or
// annotation, for example "labels.NAME". It fails with the errors of Create, except AlreadyExists, and with NotFound if
// there is no image with that name.
func (s imageStore) Update(ctx context.Context, image images.Image, paths ...string) (images.Image, error) {
	if _, err := namespaceOf(ctx); err == nil && image.Name == "" {
		return images.Image{}, fmt.Errorf("image: name must not be empty: %w", errdefs.ErrInvalidArgument)
	}
	image, err := s.store.Update(ctx, image, paths...)
	if err == nil {
		err = s.db.publish(ctx, "/images/update", &events.ImageUpdate{Name: image.Name, Labels: image.Labels})
	}
	if err != nil {
		return images.Image{}, err
	}
	return image, nil
}

// Delete deletes an image and the reference to it in the lease of ctx. It fails with NotFound if there is no such image
// or if its target digest differs from the digest in opts.
func (s imageStore) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	var options images.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &options); err != nil {
			return err
		}
	}
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		if tx.BucketAt(schema.KeyVersion1, ns, schema.KeyImages) == nil {
			return s.failure(name, errdefs.ErrNotFound)
		}
		if err := detachLease(ctx, tx, ns, name, schema.KeyImages); err != nil {
			return err
		}
		if target := options.Target; target != nil && target.Digest != "" {
			var image images.Image
			if err := s.get(tx, ns, name, &image); err != nil {
				return err
			}
			if image.Target.Digest != target.Digest {
				return s.failure(name, fmt.Errorf("target is %s, not %s: %w",
					image.Target.Digest, target.Digest, errdefs.ErrNotFound))
			}
		}
		return s.remove(s.db, tx, ns, name)
	})
	if err != nil {
		return err
	}
	return s.db.publish(ctx, "/images/delete", &events.ImageDelete{Name: name})
}

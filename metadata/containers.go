package metadata

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

var containerTable = table[containers.Container]{
	kind:    "container",
	objects: schema.KeyContainers,
	frees:   true,
	id:      func(c *containers.Container) *string { return &c.ID },
	created: func(c *containers.Container) *time.Time { return &c.CreatedAt },
	updated: func(c *containers.Container) *time.Time { return &c.UpdatedAt },
	check:   checkContainer,
	fields: []field[containers.Container]{
		stamp(schema.KeyCreatedAt, func(c *containers.Container) *time.Time { return &c.CreatedAt }),
		messageMap(schema.KeyExtensions, func(c *containers.Container) *map[string]message.Any { return &c.Extensions }),
		text(schema.KeyImage, func(c *containers.Container) *string { return &c.Image }),
		stringMap(schema.KeyLabels, func(c *containers.Container) *map[string]string { return &c.Labels }),
		group(schema.KeyRuntime,
			text(schema.KeyName, func(c *containers.Container) *string { return &c.Runtime.Name }),
			anyMessage(schema.KeyOptions, func(c *containers.Container) *message.Any { return &c.Runtime.Options }),
		).renewed(func(c *containers.Container) { c.Runtime.Options = absent() }),
		text(schema.KeySandboxID, func(c *containers.Container) *string { return &c.SandboxID }),
		text(schema.KeySnapshotKey, func(c *containers.Container) *string { return &c.SnapshotKey }),
		text(schema.KeySnapshotter, func(c *containers.Container) *string { return &c.Snapshotter }),
		anyMessage(schema.KeySpec, func(c *containers.Container) *message.Any { return &c.Spec }),
		stamp(schema.KeyUpdatedAt, func(c *containers.Container) *time.Time { return &c.UpdatedAt }),
	},
	masks: []mask[containers.Container]{
		entries("labels", func(c *containers.Container) *map[string]string { return &c.Labels }),
		part("spec", func(c *containers.Container) *message.Any { return &c.Spec }),
		entries("extensions", func(c *containers.Container) *map[string]message.Any { return &c.Extensions }),
		part("image", func(c *containers.Container) *string { return &c.Image }),
		part("snapshotkey", func(c *containers.Container) *string { return &c.SnapshotKey }),
	},
	fixed: []constant[containers.Container]{
		{"snapshotter", func(c *containers.Container) string { return c.Snapshotter }},
		{"runtime name", func(c *containers.Container) string { return c.Runtime.Name }},
	},
	filters: []filterField[containers.Container]{
		textFilter("id", func(c *containers.Container) string { return c.ID }),
		groupFilter("runtime", textFilter("name", func(c *containers.Container) string { return c.Runtime.Name })),
		textFilter("image", func(c *containers.Container) string { return c.Image }),
		mapFilter("labels", func(c *containers.Container) map[string]string { return c.Labels }),
	},
}

func checkContainer(c *containers.Container) error {
	if err := validateIdentifier(c.ID); err != nil {
		return err
	}
	if _, ok := c.Extensions[""]; ok {
		return fmt.Errorf("extensions must have names: %w", errdefs.ErrInvalidArgument)
	}
	if err := validateLabels(c.Labels); err != nil {
		return err
	}
	switch {
	case c.Runtime.Name == "":
		return fmt.Errorf("runtime name must not be empty: %w", errdefs.ErrInvalidArgument)
	case c.Spec == nil:
		return fmt.Errorf("spec must not be nil: %w", errdefs.ErrInvalidArgument)
	case c.SnapshotKey != "" && c.Snapshotter == "":
		return fmt.Errorf("snapshot key %q needs a snapshotter: %w", c.SnapshotKey, errdefs.ErrInvalidArgument)
	}
	return nil
}

// A containerStore implements containers.Store.
type containerStore struct {
	store[containers.Container]
}

// NewContainerStore returns the store of db's containers.
func NewContainerStore(db *DB) containers.Store {
	return containerStore{store[containers.Container]{db, &containerTable}}
}

// Update replaces the fields of a container that paths name: "labels", "spec", "extensions", "image", "snapshotkey", or
// a single label or extension, for example "labels.NAME". Without paths it replaces all of these fields, and fails with
// InvalidArgument if the snapshotter or the runtime's name differs from the stored one. An update can replace an
// extension but not remove it.
func (s containerStore) Update(
	ctx context.Context, c containers.Container, paths ...string,
) (containers.Container, error) {
	if c.ID == "" {
		return containers.Container{}, fmt.Errorf("container: ID must not be empty: %w", errdefs.ErrInvalidArgument)
	}
	return s.store.Update(ctx, c, paths...)
}

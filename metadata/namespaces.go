package metadata

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/errdefs"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A namespaceStore implements namespaces.Store within one transaction.
type namespaceStore struct {
	tx *memkv.Tx
}

// NewNamespaceStore returns a store of namespaces. It is valid while tx is open.
func NewNamespaceStore(tx *memkv.Tx) namespaces.Store { return namespaceStore{tx} }

// Create creates an empty namespace. It keeps labels with empty values, unlike the stores of other records.
func (s namespaceStore) Create(ctx context.Context, namespace string, labels map[string]string) error {
	all, err := ensureBucket(s.tx, schema.KeyVersion1)
	if err != nil {
		return err
	}
	if err := validateIdentifier(namespace); err != nil {
		return err
	}
	if err := validateLabels(labels); err != nil {
		return err
	}
	b, err := all.CreateBucket([]byte(namespace))
	switch {
	case errors.Is(err, errbolt.ErrBucketExists):
		return fmt.Errorf("namespace %q: %w", namespace, errdefs.ErrAlreadyExists)
	case err != nil:
		return err
	}
	b, err = b.CreateBucketIfNotExists([]byte(schema.KeyLabels))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if err := b.Put([]byte(name), []byte(labels[name])); err != nil {
			return err
		}
	}
	return nil
}

// Labels returns the labels of a namespace. A missing namespace has none.
func (s namespaceStore) Labels(ctx context.Context, namespace string) (map[string]string, error) {
	all := map[string]string{}
	b := s.tx.BucketAt(schema.KeyVersion1, namespace, schema.KeyLabels)
	if b == nil {
		return all, nil
	}
	return all, b.ForEach(func(name, value []byte) error {
		all[string(name)] = string(value)
		return nil
	})
}

// SetLabel sets a label, or deletes it if value is empty. It creates a missing namespace.
func (s namespaceStore) SetLabel(ctx context.Context, namespace, name, value string) error {
	if err := labels.Validate(name, value); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	b, err := ensureBucket(s.tx, schema.KeyVersion1, namespace, schema.KeyLabels)
	if err != nil {
		return err
	}
	if value == "" {
		return b.Delete([]byte(name))
	}
	return b.Put([]byte(name), []byte(value))
}

// List returns the names of all namespaces, sorted.
func (s namespaceStore) List(ctx context.Context) ([]string, error) {
	all := s.tx.BucketAt(schema.KeyVersion1)
	if all == nil {
		return nil, nil
	}
	var names []string
	err := all.ForEachBucket(func(name []byte) error {
		names = append(names, string(name))
		return nil
	})
	return names, err
}

// Delete deletes a namespace with its labels, leases, ingests and sandboxes. It fails with FailedPrecondition if the
// namespace has images, blobs, containers or snapshots.
func (s namespaceStore) Delete(ctx context.Context, namespace string, opts ...namespaces.DeleteOpts) error {
	info := namespaces.DeleteInfo{Name: namespace}
	for _, opt := range opts {
		if err := opt(ctx, &info); err != nil {
			return err
		}
	}
	all := s.tx.BucketAt(schema.KeyVersion1)
	if all == nil {
		return fmt.Errorf("namespace %q: %w", namespace, errdefs.ErrNotFound)
	}
	if held := s.holds(namespace); len(held) > 0 {
		return fmt.Errorf("namespace %q: it still has %s: %w",
			namespace, strings.Join(held, ", "), errdefs.ErrFailedPrecondition)
	}
	if m, ok := s.tx.Owner.(*DB); ok && !isEmpty(ingestsBucket(s.tx, namespace)) {
		m.dirt.suspectAll("")
		m.stayDirty(m.dirt.markContent)
	}
	err := all.DeleteBucket([]byte(namespace))
	if errors.Is(err, errbolt.ErrBucketNotFound) {
		return fmt.Errorf("namespace %q: %w", namespace, errdefs.ErrNotFound)
	}
	return err
}

// holds returns the kinds of objects that prevent the deletion of a namespace.
func (s namespaceStore) holds(namespace string) (held []string) {
	for _, kind := range []struct {
		name string
		path []string
	}{
		{"images", []string{schema.KeyImages}},
		{"blobs", []string{schema.KeyContent, schema.KeyBlob}},
		{"containers", []string{schema.KeyContainers}},
	} {
		if !isEmpty(s.tx.BucketAt(append([]string{schema.KeyVersion1, namespace}, kind.path...)...)) {
			held = append(held, kind.name)
		}
	}
	if snapshots := s.tx.BucketAt(schema.KeyVersion1, namespace, schema.KeySnapshots); snapshots != nil {
		_ = snapshots.ForEachBucket(func(snapshotter []byte) error {
			if !isEmpty(snapshots.Bucket(snapshotter)) {
				held = append(held, fmt.Sprintf("snapshots on %q", snapshotter))
			}
			return nil
		})
	}
	return held
}

package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/types/known/anypb"
)

// The objects that calls are made with, by number.

func imageName(i int) string { return fmt.Sprintf("registry.example/library/image-%d:latest", i) }

func image(i int) images.Image {
	return images.Image{
		Name: imageName(i),
		Target: ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest,
			Digest:    blobOf(i).digest,
			Size:      256,
		},
		Labels: map[string]string{"example/managed": "true", "example/number": "7"},
	}
}

func containerID(i int) string { return fmt.Sprintf("container-%d", i) }

var spec = &anypb.Any{TypeUrl: "types.example/spec", Value: make([]byte, 512)}

func container(i int) containers.Container {
	return containers.Container{
		ID:          containerID(i),
		Labels:      map[string]string{"example/managed": "true", "example/number": "7"},
		Image:       imageName(i),
		Runtime:     containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
		Spec:        spec,
		SnapshotKey: activeKey(i),
		Snapshotter: snapshotterName,
	}
}

func lease(i int) leases.Lease {
	return leases.Lease{
		ID:     fmt.Sprintf("lease-%d", i),
		Labels: map[string]string{"containerd.io/gc.expire": "2030-01-01T00:00:00Z"},
	}
}

func withLease(i int) leases.Opt {
	return func(l *leases.Lease) error { *l = lease(i); return nil }
}

type blob struct {
	data   [256]byte
	digest digest.Digest
}

var blobs []*blob

// blobOf makes a blob when it is first asked for: hashing is no part of the calls.
func blobOf(i int) *blob {
	for n := len(blobs); n <= i; n++ {
		b := new(blob)
		binary.BigEndian.PutUint64(b.data[:], uint64(n))
		b.digest = digest.FromBytes(b.data[:])
		blobs = append(blobs, b)
	}
	return blobs[i]
}

func (s *side) ingest(ctx context.Context, i int) error {
	b := blobOf(i)
	w, err := s.content.Writer(ctx,
		content.WithRef("upload-"+b.digest.String()),
		content.WithDescriptor(ocispec.Descriptor{Digest: b.digest, Size: int64(len(b.data))}))
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(b.data[:]); err != nil {
		return err
	}
	return w.Commit(ctx, int64(len(b.data)), b.digest, content.WithLabels(map[string]string{
		"containerd.io/distribution.source.registry.example": "library/image",
	}))
}

// baseKey is a committed snapshot, the parent of all.
const baseKey = "base"

func activeKey(i int) string    { return fmt.Sprintf("active-%d", i) }
func committedKey(i int) string { return fmt.Sprintf("committed-%d", i) }

// fill stores n objects of each kind.
func (s *side) fill(n int) error {
	err := s.together(func(ctx context.Context) error {
		if _, err := s.snapshots.Prepare(ctx, "extract", ""); err != nil {
			return err
		}
		return s.snapshots.Commit(ctx, baseKey, "extract")
	})
	const chunk = 1000
	for from := 0; from < n && err == nil; from += chunk {
		err = s.together(func(ctx context.Context) error {
			for i := from; i < min(from+chunk, n); i++ {
				if err := s.add(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// add stores one object of each kind. Standing snapshots have no parent, since their names would stand in its record.
func (s *side) add(ctx context.Context, i int) error {
	if _, err := s.images.Create(ctx, image(i)); err != nil {
		return err
	}
	if _, err := s.containers.Create(ctx, container(i)); err != nil {
		return err
	}
	if _, err := s.leases.Create(ctx, withLease(i)); err != nil {
		return err
	}
	if err := s.ingest(ctx, i); err != nil {
		return err
	}
	_, err := s.snapshots.Prepare(ctx, activeKey(i), "")
	return err
}

// filled returns both sides with n objects of each kind.
func filled(tb testing.TB, n int) [2]*side {
	both := sides(tb)
	for _, s := range both {
		must(tb, s.fill(n))
	}
	return both
}

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

// An object has the arguments for the calls, derived from one number: an image, a container, a lease, a blob and a
// snapshot.
type object struct {
	image     images.Image
	container containers.Container
	lease     leases.Lease
	resource  leases.Resource
	blob      [256]byte
	info      content.Info
	upload    string
	active    string
	committed string
	parent    string // of active, if the object is fresh
}

func makeObject(i int) *object {
	o := &object{
		active:    fmt.Sprintf("active-%d", i),
		committed: fmt.Sprintf("committed-%d", i),
		parent:    parentOf(i),
	}
	binary.BigEndian.PutUint64(o.blob[:], uint64(i))
	o.info = content.Info{
		Digest: digest.FromBytes(o.blob[:]),
		Size:   int64(len(o.blob)),
		Labels: map[string]string{"containerd.io/distribution.source.registry.example": "library/image"},
	}
	o.upload = "upload-" + o.info.Digest.String()
	o.image = images.Image{
		Name: fmt.Sprintf("registry.example/library/image-%d:latest", i),
		Target: ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest,
			Digest:    o.info.Digest,
			Size:      o.info.Size,
		},
		Labels: map[string]string{"example/managed": "true", "example/number": "7"},
	}
	o.container = containers.Container{
		ID:          fmt.Sprintf("container-%d", i),
		Labels:      o.image.Labels,
		Image:       o.image.Name,
		Runtime:     containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
		Spec:        &anypb.Any{TypeUrl: "types.example/spec", Value: make([]byte, 512)},
		SnapshotKey: o.active,
		Snapshotter: snapshotterName,
	}
	o.lease = leases.Lease{
		ID:     fmt.Sprintf("lease-%d", i),
		Labels: map[string]string{"containerd.io/gc.expire": "2030-01-01T00:00:00Z"},
	}
	o.resource = leases.Resource{ID: o.image.Name, Type: "images"}
	return o
}

func (o *object) withLease(l *leases.Lease) error {
	*l = o.lease
	return nil
}

// objectCache keeps objects between turns, because making an object costs as much as a call.
var objectCache = map[int]*object{}

func objectOf(i int) *object {
	o := objectCache[i]
	if o == nil {
		o = makeObject(i)
		objectCache[i] = o
	}
	return o
}

// ingest writes and commits the blob of an object.
func (s *side) ingest(ctx context.Context, o *object) error {
	return s.write(ctx, o.upload, o.blob[:], o.info)
}

// write writes and commits a blob.
func (s *side) write(ctx context.Context, ref string, data []byte, info content.Info) error {
	w, err := s.content.Writer(ctx,
		content.WithRef(ref),
		content.WithDescriptor(ocispec.Descriptor{Digest: info.Digest, Size: info.Size}))
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Commit(ctx, info.Size, info.Digest, content.WithLabels(info.Labels))
}

// parentOf returns the key of a committed snapshot. Each call of a turn has a parent of its own.
func parentOf(i int) string { return fmt.Sprintf("parent-%d", i%turnSize) }

// fill stores n objects of each kind.
func (s *side) fill(n int) error {
	err := s.together(func(ctx context.Context) error {
		for i := range turnSize {
			if _, err := s.snapshots.Prepare(ctx, "extract", ""); err != nil {
				return err
			}
			if err := s.snapshots.Commit(ctx, parentOf(i), "extract"); err != nil {
				return err
			}
		}
		return nil
	})
	const chunk = 1000
	for from := 0; from < n && err == nil; from += chunk {
		err = s.together(func(ctx context.Context) error {
			for i := from; i < min(from+chunk, n); i++ {
				if err := s.add(ctx, makeObject(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// add stores one object of each kind. The snapshot has no parent, because one parent would list all snapshots as
// children.
func (s *side) add(ctx context.Context, o *object) error {
	if _, err := s.images.Create(ctx, o.image); err != nil {
		return err
	}
	if _, err := s.containers.Create(ctx, o.container); err != nil {
		return err
	}
	if _, err := s.leases.Create(ctx, o.withLease); err != nil {
		return err
	}
	if err := s.ingest(ctx, o); err != nil {
		return err
	}
	_, err := s.snapshots.Prepare(ctx, o.active, "")
	return err
}

// filled returns both sides, each with n objects of each kind.
func filled(tb testing.TB, n int) [2]*side {
	both := sides(tb)
	for _, s := range both {
		must(tb, s.fill(n))
	}
	return both
}

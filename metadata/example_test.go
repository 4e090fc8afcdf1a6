package metadata_test

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A plugin's test uses a real metadata store, a clock that advances only on request, and an image that expires.
func Example() {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	db := metadata.NewDB(memkv.New(), nil, nil, metadata.WithClock(func() time.Time { return now }))
	if err := db.Init(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	ctx := namespaces.WithNamespace(context.Background(), "example")
	store := metadata.NewImageStore(db)

	created, err := store.Create(ctx, images.Image{
		Name:   "docker.io/library/hello:latest",
		Labels: map[string]string{"containerd.io/gc.expire": now.Add(time.Hour).Format(time.RFC3339)},
		Target: ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest,
			Digest:    digest.FromString("hello"),
			Size:      1234,
		},
	})
	fmt.Println(created.CreatedAt.Format(time.RFC3339), err)

	for range 2 {
		if _, err := db.GarbageCollect(ctx); err != nil {
			fmt.Println(err)
		}
		_, err = store.Get(ctx, created.Name)
		fmt.Println("not found:", errdefs.IsNotFound(err))
		now = now.Add(2 * time.Hour)
	}
	// Output:
	// 2026-01-01T00:00:00Z <nil>
	// not found: false
	// not found: true
}

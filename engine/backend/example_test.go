package backend_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A blob without a label or lease that holds it is garbage. A collection removes its record, and then its bytes.
func Example() {
	ctx := namespaces.WithNamespace(context.Background(), "default")
	blobs := backend.NewContent(time.Now)
	db := metadata.NewDB(memkv.New(), blobs, nil)
	if err := db.Init(ctx); err != nil {
		panic(err)
	}
	text := "held by nobody"
	desc := ocispec.Descriptor{Digest: digest.FromString(text), Size: int64(len(text))}
	if err := content.WriteBlob(ctx, db.ContentStore(), "ref", strings.NewReader(text), desc); err != nil {
		panic(err)
	}
	fmt.Println("before:", blobs.Size(), "bytes")
	if _, err := db.GarbageCollect(ctx); err != nil {
		panic(err)
	}
	fmt.Println("after:", blobs.Size(), "bytes")
	// Output:
	// before: 14 bytes
	// after: 0 bytes
}

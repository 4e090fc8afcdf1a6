package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// BenchmarkTop opens the root directory of a node and prints top, without --measure. An image has ten blobs and twenty
// snapshots; groups of ten images share half of them.
func BenchmarkTop(b *testing.B) {
	for _, size := range []struct{ snapshots, blobs int }{{10_000, 5_000}, {100_000, 50_000}} {
		b.Run(fmt.Sprintf("snapshots=%d/blobs=%d", size.snapshots, size.blobs), func(b *testing.B) {
			root := largeRoot(b, size.snapshots, size.blobs)
			b.ResetTimer()
			for b.Loop() {
				if code := run([]string{"top", root}, strings.NewReader(""), io.Discard, io.Discard); code != exitOK {
					b.Fatalf("exit code %d", code)
				}
			}
		})
	}
}

// largeRoot writes a root directory: a metadata database filled by calls of the stores, the snapshotter's database, and
// a file for each blob.
func largeRoot(b *testing.B, snapshotCount, blobCount int) string {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	node, err := engine.New()
	must(err)
	ctx := namespaces.WithNamespace(context.Background(), "k8s.io")
	must(node.Namespaces().Create(ctx, "k8s.io", nil))
	root := b.TempDir()
	blobs := filepath.Join(root, "io.containerd.content.v1.content/blobs/sha256")
	must(os.MkdirAll(blobs, 0o700))

	blob := func(name string, labels map[string]string) ocispec.Descriptor {
		d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString(name), Size: int64(len(name))}
		if _, err := node.Content().Info(ctx, d.Digest); err == nil {
			return d
		}
		w, err := node.Content().Writer(ctx, content.WithRef(name), content.WithDescriptor(d))
		must(err)
		_, err = io.WriteString(w, name)
		must(err)
		must(w.Commit(ctx, d.Size, d.Digest, content.WithLabels(labels)))
		must(w.Close())
		must(os.WriteFile(filepath.Join(blobs, d.Digest.Encoded()), []byte(name), 0o600))
		return d
	}
	sn := node.Snapshotter("overlayfs")
	imageCount := blobCount * 2 / 11 // half of ten blobs is shared by ten images
	for i := range imageCount {
		group := i / 10
		parent := ""
		for layer := range snapshotCount / max(1, imageCount) * 2 {
			name := fmt.Sprintf("chain-%d-%d", group, layer)
			if layer >= snapshotCount/max(1, imageCount) {
				name = fmt.Sprintf("chain-%d-%d-%d", group, layer, i)
			}
			if _, err := sn.Stat(ctx, name); err != nil {
				_, err := sn.Prepare(ctx, "extract "+name, parent)
				must(err)
				must(sn.Commit(ctx, name, "extract "+name))
			}
			parent = name
		}
		refs := map[string]string{}
		for layer := range 9 {
			name := fmt.Sprintf("blob %d %d", group, layer)
			if layer >= 4 {
				name = fmt.Sprintf("blob %d %d %d", group, layer, i)
			}
			refs[fmt.Sprintf("containerd.io/gc.ref.content.l.%d", layer)] = blob(name, nil).Digest.String()
		}
		refs["containerd.io/gc.ref.snapshot.overlayfs"] = parent
		_, err := node.Images().Create(ctx, images.Image{Name: fmt.Sprintf("registry.example/app:%d", i), Target: blob(fmt.Sprintf("manifest %d", i), refs)})
		must(err)
	}

	must(os.MkdirAll(filepath.Join(root, "io.containerd.metadata.v1.bolt"), 0o700))
	must(boltfile.WriteFile(filepath.Join(root, "io.containerd.metadata.v1.bolt/meta.db"), node.KV()))
	storage := memkv.New()
	must(storage.Update(func(tx *memkv.Tx) error {
		v1, err := tx.CreateBucket([]byte("v1"))
		must(err)
		_, err = v1.CreateBucket([]byte("parents"))
		must(err)
		all, err := v1.CreateBucket([]byte("snapshots"))
		must(err)
		id := uint64(0)
		return node.SnapshotterBackend("overlayfs").Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			id++
			record, err := all.CreateBucket([]byte(info.Name))
			must(err)
			must(record.Put([]byte("id"), binary.AppendUvarint(nil, id)))
			must(record.Put([]byte("kind"), []byte{byte(info.Kind)}))
			must(record.Put([]byte("parent"), []byte(info.Parent)))
			must(record.Put([]byte("inodes"), binary.AppendVarint(nil, 10)))
			return record.Put([]byte("size"), binary.AppendVarint(nil, int64(id)*4096))
		})
	}))
	must(os.MkdirAll(filepath.Join(root, "io.containerd.snapshotter.v1.overlayfs/snapshots"), 0o700))
	must(boltfile.WriteFile(filepath.Join(root, "io.containerd.snapshotter.v1.overlayfs/metadata.db"), storage))
	return root
}

//go:build !wasm

package roottest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/anypb"
)

// The parts of a root, relative to its path.
const (
	Database    = "io.containerd.metadata.v1.bolt/meta.db"
	Content     = "io.containerd.content.v1.content"
	Snapshotter = "io.containerd.snapshotter.v1.native"
)

// A Root is a root directory under construction. Its stores are containerd's. A Root belongs to one goroutine.
type Root struct {
	Path string
	DB   *metadata.DB // containerd's database, open until Close

	t      testing.TB
	bolt   *bolt.DB
	native snapshots.Snapshotter
	random *rand.Rand
}

// New returns an empty root in a temporary directory. It is closed when the test ends.
func New(t testing.TB) *Root {
	t.Helper()
	r := &Root{Path: t.TempDir(), t: t, random: rand.New(rand.NewPCG(1, 1))}
	r.Open()
	t.Cleanup(r.Close)
	return r
}

// Open opens the databases, again after Close. Like a restarted daemon, containerd then knows of nothing to clean up.
func (r *Root) Open() {
	r.t.Helper()
	r.must(os.MkdirAll(filepath.Join(r.Path, filepath.Dir(Database)), 0o700))
	contents, err := local.NewStore(filepath.Join(r.Path, Content))
	r.must(err)
	r.native, err = native.NewSnapshotter(filepath.Join(r.Path, Snapshotter))
	r.must(err)
	r.bolt, err = bolt.Open(filepath.Join(r.Path, Database), 0o600, &bolt.Options{NoSync: true})
	r.must(err)
	r.DB = metadata.NewDB(r.bolt, contents, map[string]snapshots.Snapshotter{"native": r.native})
	r.must(r.DB.Init(context.Background()))
}

// WithSnapshotter returns containerd's database with the native snapshotter under another name.
func (r *Root) WithSnapshotter(name string) *metadata.DB {
	r.t.Helper()
	contents, err := local.NewStore(filepath.Join(r.Path, Content))
	r.must(err)
	return metadata.NewDB(r.bolt, contents, map[string]snapshots.Snapshotter{name: r.native})
}

// Close closes the databases, so that their files can be read and changed.
func (r *Root) Close() {
	if r.bolt == nil {
		return
	}
	r.must(r.bolt.Close())
	r.must(r.native.Close())
	r.bolt = nil
}

// Collect runs containerd's garbage collection.
func (r *Root) Collect() {
	r.t.Helper()
	_, err := r.DB.GarbageCollect(context.Background())
	r.must(err)
}

func (r *Root) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// Context returns a context for calls to the stores in a namespace. The namespace is created if it does not exist.
func (r *Root) Context(namespace string) context.Context {
	r.t.Helper()
	ctx := namespaces.WithNamespace(context.Background(), namespace)
	err := r.bolt.Update(func(tx *bolt.Tx) error {
		return metadata.NewNamespaceStore(tx).Create(ctx, namespace, nil)
	})
	if err != nil && !errdefs.IsAlreadyExists(err) {
		r.t.Fatal(err)
	}
	return ctx
}

// A Layer is the content of a layer: the size of its blob, and of the file that its snapshot gains. Equal layers have
// equal digests.
type Layer struct{ Blob, File int }

// Layers returns layers whose blobs and files have these sizes.
func Layers(sizes ...int) (list []Layer) {
	for _, s := range sizes {
		list = append(list, Layer{s, 3 * s})
	}
	return list
}

// An Image is the content of an image.
type Image struct {
	Target  ocispec.Descriptor // the manifest
	Config  ocispec.Descriptor
	Layers  []ocispec.Descriptor
	ChainID string // the key of the topmost snapshot
}

// Write writes the blobs of an image, with the labels that a pull gives them. No image record refers to them yet.
func (r *Root) Write(namespace string, layers []Layer) Image {
	r.t.Helper()
	var (
		img   Image
		diffs []digest.Digest
		refs  = map[string]string{}
	)
	for i, l := range layers {
		d := r.Blob(namespace, ocispec.MediaTypeImageLayer, bytes.Repeat([]byte{byte(l.Blob)}, l.Blob), nil)
		img.Layers = append(img.Layers, d)
		refs[fmt.Sprintf("containerd.io/gc.ref.content.l.%d", i)] = d.Digest.String()
		diffs = append(diffs, digest.FromString(fmt.Sprint("files ", l)))
	}
	img.ChainID = identity.ChainID(diffs).String()
	config, err := json.Marshal(ocispec.Image{
		Platform: ocispec.Platform{Architecture: "amd64", OS: "linux"},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: diffs},
	})
	r.must(err)
	img.Config = r.Blob(namespace, ocispec.MediaTypeImageConfig, config, map[string]string{
		"containerd.io/gc.ref.snapshot.native": img.ChainID,
	})
	refs["containerd.io/gc.ref.content.config"] = img.Config.Digest.String()
	manifest, err := json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    img.Config,
		Layers:    img.Layers,
	})
	r.must(err)
	img.Target = r.Blob(namespace, ocispec.MediaTypeImageManifest, manifest, refs)
	return img
}

// Blob writes a blob and labels it.
func (r *Root) Blob(namespace, mediaType string, data []byte, labels map[string]string) ocispec.Descriptor {
	r.t.Helper()
	d := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	ctx := r.Context(namespace)
	err := content.WriteBlob(ctx, r.DB.ContentStore(), d.Digest.String(), bytes.NewReader(data), d, content.WithLabels(labels))
	r.must(err)
	return d
}

// Unpack creates the snapshots of an image, each with one new file, unless they exist.
func (r *Root) Unpack(namespace string, layers []Layer) {
	r.t.Helper()
	ctx, sn := r.Context(namespace), r.DB.Snapshotter("native")
	var (
		diffs  []digest.Digest
		parent string
	)
	for i, l := range layers {
		diffs = append(diffs, digest.FromString(fmt.Sprint("files ", l)))
		chain := identity.ChainID(diffs).String()
		labels := snapshots.WithLabels(map[string]string{"containerd.io/snapshot.ref": chain})
		if _, err := sn.Stat(ctx, chain); err == nil {
			parent = chain
			continue
		}
		key := "extract " + chain
		mounts, err := sn.Prepare(ctx, key, parent, labels)
		r.must(err)
		r.must(os.WriteFile(filepath.Join(mounts[0].Source, fmt.Sprintf("layer-%d-%d", i, l.File)), bytes.Repeat([]byte{'f'}, l.File), 0o644))
		r.must(sn.Commit(ctx, chain, key, labels))
		parent = chain
	}
}

// Pull writes, unpacks and names an image as CRI does: by tag, by digest and by image ID.
func (r *Root) Pull(namespace, name string, layers []Layer) Image {
	r.t.Helper()
	img := r.Write(namespace, layers)
	r.Unpack(namespace, layers)
	repository, _, _ := bytes.Cut([]byte(name), []byte(":"))
	for _, n := range []string{name, string(repository) + "@" + img.Target.Digest.String(), img.Config.Digest.String()} {
		r.Name(namespace, n, img.Target, map[string]string{"io.cri-containerd.image": "managed"})
	}
	return img
}

// Name creates or updates an image record.
func (r *Root) Name(namespace, name string, target ocispec.Descriptor, labels map[string]string) {
	r.t.Helper()
	store, image := metadata.NewImageStore(r.DB), images.Image{Name: name, Target: target, Labels: labels}
	_, err := store.Create(r.Context(namespace), image)
	if errdefs.IsAlreadyExists(err) {
		_, err = store.Update(r.Context(namespace), image)
	}
	r.must(err)
}

// Run creates a container of an image, with an active snapshot in which one file of size bytes is written.
func (r *Root) Run(namespace, id, image string, parent string, size int) {
	r.t.Helper()
	ctx := r.Context(namespace)
	mounts, err := r.DB.Snapshotter("native").Prepare(ctx, id, parent)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(mounts[0].Source, "written-by-"+id), bytes.Repeat([]byte{'w'}, size), 0o644))
	spec := &anypb.Any{TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec", Value: []byte("{}")}
	_, err = metadata.NewContainerStore(r.DB).Create(ctx, containers.Container{
		ID: id, Image: image, Snapshotter: "native", SnapshotKey: id, Spec: spec,
		Runtime: containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
	})
	r.must(err)
}

// Lease creates a lease with labels, on resources of the form TYPE ID, for example {"content", "sha256:…"}.
func (r *Root) Lease(namespace, id string, labels map[string]string, resources ...leases.Resource) {
	r.t.Helper()
	ctx, manager := r.Context(namespace), metadata.NewLeaseManager(r.DB)
	lease, err := manager.Create(ctx, leases.WithID(id), leases.WithLabels(labels))
	r.must(err)
	for _, resource := range resources {
		r.must(manager.AddResource(ctx, lease, resource))
	}
}

// Orphan creates a snapshot that the snapshotter has and containerd does not know, with one file of size bytes. It
// returns the snapshotter's name of it.
func (r *Root) Orphan(namespace, key, parent string, size int) string {
	r.t.Helper()
	name := namespace + "/" + strconv.Itoa(1000+r.random.IntN(1000)) + "/" + key
	mounts, err := r.native.Prepare(context.Background(), name, parent)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(mounts[0].Source, "orphan"), bytes.Repeat([]byte{'o'}, size), 0o644))
	return name
}

// Usage returns the native snapshotter's own figure for a snapshot, by the snapshotter's name.
func (r *Root) Usage(name string) snapshots.Usage {
	r.t.Helper()
	u, err := r.native.Usage(context.Background(), name)
	r.must(err)
	return u
}

// Names returns the snapshotter's names of all its snapshots.
func (r *Root) Names() (names []string) {
	r.t.Helper()
	r.must(r.native.Walk(context.Background(), func(_ context.Context, info snapshots.Info) error {
		names = append(names, info.Name)
		return nil
	}))
	return names
}

// BlobPath returns the path of a blob's file.
func (r *Root) BlobPath(d digest.Digest) string {
	return filepath.Join(r.Path, Content, "blobs", d.Algorithm().String(), d.Encoded())
}

// FS returns the root as a file system.
func (r *Root) FS() fs.FS { return os.DirFS(r.Path) }

// Upload starts an upload of size bytes and leaves it open. It returns the directory of its data.
func (r *Root) Upload(namespace, ref string, size int) string {
	r.t.Helper()
	ctx := r.Context(namespace)
	before := r.uploads()
	w, err := r.DB.ContentStore().Writer(ctx, content.WithRef(ref))
	r.must(err)
	_, err = w.Write(bytes.Repeat([]byte{'u'}, size))
	r.must(err)
	r.must(w.Close())
	for _, dir := range r.uploads() {
		if !slices.Contains(before, dir) {
			return dir
		}
	}
	r.t.Fatal("the upload has no directory")
	return ""
}

func (r *Root) uploads() []string {
	dirs, err := filepath.Glob(filepath.Join(r.Path, Content, "ingest", "*"))
	r.must(err)
	return dirs
}

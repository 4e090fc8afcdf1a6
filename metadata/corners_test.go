package metadata_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// labelled is a Collector of two resources. Labels of records can refer to them.
type labelled struct {
	metadata.CollectionContext
	removed []string
	ended   string // "cancel" or "finish"
}

func (l *labelled) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return l, nil
}

func (l *labelled) ReferenceLabel() string { return "one" }

func (l *labelled) All(fn func(gc.Node)) {
	for _, key := range []string{"garbage", "kept"} {
		fn(gc.Node{Type: oneType, Namespace: "default", Key: key})
	}
}

func (l *labelled) Active(string, func(gc.Node))         {}
func (l *labelled) Leased(string, string, func(gc.Node)) {}
func (l *labelled) Remove(n gc.Node)                     { l.removed = append(l.removed, n.Key) }
func (l *labelled) Cancel() error                        { l.ended = "cancel"; return nil }
func (l *labelled) Finish() error                        { l.ended = "finish"; return nil }

// TestCollectAlone collects a database without a kept graph: the name of a snapshotter has a slash. The transaction
// of the first collection fails after its effect.
func TestCollectAlone(t *testing.T) {
	const name = "a/b"
	kv, c := &storing{DB: memkv.New()}, &labelled{}
	db := metadata.NewDB(kv, nil, map[string]snapshots.Snapshotter{name: backend.NewSnapshotter(time.Now, "/")})
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.RegisterCollectibleResource(oneType, c)
	_, err := metadata.NewImageStore(db).Create(inDefault, images.Image{
		Name: "i", Labels: map[string]string{"containerd.io/gc.ref.one": "kept"},
		Target: ocispec.Descriptor{MediaType: "m", Digest: digest.FromString("x"), Size: 1},
	})
	_, prepared := db.Snapshotter(name).Prepare(inDefault, "k", "")
	blob := []string{"v1", "default", "content", "blob", digest.FromString("y").String()}
	stored := db.Update(func(tx *memkv.Tx) error { return store(tx, "1", append(blob, "size")...) })
	kv.fails = true
	_, collected := db.GarbageCollect(t.Context())
	if err := errors.Join(err, prepared, stored); err != nil || !errors.Is(collected, errBroken) || c.ended != "cancel" {
		t.Errorf("%v; the collection ends with %v, and %q of the Collector", err, collected, c.ended)
	}
	kv.fails, c.removed = false, nil
	if _, err := db.GarbageCollect(t.Context()); err != nil || c.ended != "finish" || !slices.Equal(c.removed, []string{"garbage"}) {
		t.Errorf("%v, %q of the Collector, which removed %q", err, c.ended, c.removed)
	}
	_ = kv.View(func(tx *memkv.Tx) error {
		if tx.BucketAt(blob...) != nil {
			t.Error("the blob remains")
		}
		return nil
	})
}

// TestLabelsOfTarget prepares a snapshot after the backend made the target itself. The caller's labels win over the
// backend's.
func TestLabelsOfTarget(t *testing.T) {
	layers := &preparing{Snapshotter: backend.NewSnapshotter(time.Now, "/"), hook: func(string) error { return errdefs.ErrAlreadyExists }}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	with := func(labels map[string]string) snapshots.Opt {
		labels["containerd.io/snapshot.ref"] = "target"
		return snapshots.WithLabels(labels)
	}
	_, err := layers.Snapshotter.Prepare(t.Context(), "active", "")
	err = errors.Join(err, layers.Snapshotter.Commit(t.Context(), "made", "active", with(map[string]string{"both": "backend", "one": "backend"})))
	if err != nil {
		t.Fatal(err)
	}
	s := db.Snapshotter("layers")
	if _, err := s.Prepare(inDefault, "k", "", with(map[string]string{"both": "caller"})); !errdefs.IsAlreadyExists(err) {
		t.Errorf("the target: %v", err)
	}
	info, err := s.Stat(inDefault, "target")
	if err != nil || info.Labels["both"] != "caller" || info.Labels["one"] != "backend" {
		t.Errorf("%v, %v", info.Labels, err)
	}
}

// TestParentReplacedMeanwhile prepares a snapshot with a target that the backend made. Meanwhile another call replaces
// the parent by a snapshot of the same name.
func TestParentReplacedMeanwhile(t *testing.T) {
	layers := &preparing{Snapshotter: backend.NewSnapshotter(time.Now, "/"), hook: func(string) error { return nil }}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	s := db.Snapshotter("layers")
	replaced := layers.Snapshotter
	layer := func() error {
		_, err := s.Prepare(inDefault, "k", "")
		return errors.Join(err, s.Commit(inDefault, "p", "k"))
	}
	if err := layer(); err != nil {
		t.Fatal(err)
	}
	target := snapshots.WithLabels(labels("containerd.io/snapshot.ref", "target"))
	layers.hook = func(string) error {
		layers.hook = func(string) error { return nil }
		err := replaced.Walk(t.Context(), func(ctx context.Context, info snapshots.Info) error {
			_, err := replaced.Prepare(ctx, "active", info.Name)
			return errors.Join(err, replaced.Commit(ctx, "made", "active", target))
		})
		if err = errors.Join(err, s.Remove(inDefault, "p"), layer()); err != nil {
			t.Error(err)
		}
		return errdefs.ErrAlreadyExists
	}
	_, err := s.Prepare(inDefault, "child", "p", target)
	if !errdefs.IsInvalidArgument(err) || !strings.Contains(err.Error(), `"p" is not the parent of the target "target"`) {
		t.Error(err)
	}
}

// TestNoRuntimeOptions gets a container without runtime options. Callers can call the methods of their message.
func TestNoRuntimeOptions(t *testing.T) {
	s, made := metadata.NewContainerStore(metadata.NewDB(memkv.New(), nil, nil)), container()
	made.Runtime.Options = nil
	_, err := s.Create(inDefault, made)
	got, failed := s.Get(inDefault, made.ID)
	if err := errors.Join(err, failed); err != nil || got.Runtime.Options == nil || got.Runtime.Options.GetTypeUrl() != "" {
		t.Errorf("%v, %v", got.Runtime.Options, err)
	}
}

// TestCommitWithoutSnapshots commits a snapshot in a namespace without any.
func TestCommitWithoutSnapshots(t *testing.T) {
	err := newCleaner(t, time.Now).Snapshotter("layers").Commit(inDefault, "c", "k")
	if !errdefs.IsNotFound(err) || !strings.Contains(err.Error(), `snapshotter "layers"`) {
		t.Error(err)
	}
}

// forgetful is a content backend. While forgets is set, it keeps the ingest of each commit, because it has the blob.
type forgetful struct {
	*backend.Content
	forgets bool
}

type forgetfulWriter struct{ content.Writer }

func (f *forgetful) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	w, err := f.Content.Writer(ctx, opts...)
	if f.forgets {
		w = forgetfulWriter{w}
	}
	return w, err
}

func (w forgetfulWriter) Commit(context.Context, int64, digest.Digest, ...content.Opt) error {
	return errors.Join(w.Close(), errdefs.ErrAlreadyExists)
}

// TestIngestLeftByBackend commits a blob that the backend has, and that keeps the ingest. The next cleaning removes it.
func TestIngestLeftByBackend(t *testing.T) {
	blobs := &forgetful{Content: backend.NewContent(time.Now)}
	db := metadata.NewDB(memkv.New(), blobs, nil)
	cs := db.ContentStore()
	write := func(ctx context.Context, ref, data string) error {
		w, err := cs.Writer(ctx, content.WithRef(ref))
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		return errors.Join(err, w.Commit(ctx, 0, "", content.WithLabels(keep)))
	}
	err := errors.Join(db.Init(t.Context()), write(inOther, "r", "data"), write(inOther, "r", "other"))
	_, collected := db.GarbageCollect(t.Context()) // walks
	blobs.forgets = true
	err = errors.Join(err, collected, write(inDefault, "r", "data"), cs.Delete(inOther, digest.FromString("other")))
	_, collected = db.GarbageCollect(t.Context())
	if err := errors.Join(err, collected); err != nil {
		t.Fatal(err)
	}
	_ = blobs.WalkStatusRefs(t.Context(), func(ref string) error {
		t.Errorf("ingest %q is left", ref)
		return nil
	})
}

// TestLeaseOfCommit commits a blob in a lease. The lease then has the blob, and no longer the ingest.
func TestLeaseOfCommit(t *testing.T) {
	c := newCleaner(t, time.Now)
	lm := metadata.NewLeaseManager(c.DB)
	l, err := lm.Create(inDefault, leases.WithID("l"))
	ctx := leases.WithLease(inDefault, "l")
	err = errors.Join(err, content.WriteBlob(ctx, c.ContentStore(), "r", strings.NewReader("data"), ocispec.Descriptor{}))
	all, listed := lm.ListResources(inDefault, l)
	if want := (leases.Resource{ID: digest.FromString("data").String(), Type: "content"}); err != nil || listed != nil || !slices.Equal(all, []leases.Resource{want}) {
		t.Errorf("%v, %v, %v", all, err, listed)
	}
}

// TestShareable opens uploads of blobs in a database that isolates namespaces. They share only a blob of a namespace
// with a label that allows it.
func TestShareable(t *testing.T) {
	c := newCleaner(t, time.Now, metadata.WithPolicyIsolated)
	err := c.Update(func(tx *memkv.Tx) error {
		return metadata.NewNamespaceStore(tx).Create(t.Context(), "third", labels("containerd.io/namespace.shareable", "true"))
	})
	for ctx, data := range map[context.Context]string{inOther: "private", inThird: "public"} {
		desc := ocispec.Descriptor{Digest: digest.FromString(data)}
		if err := errors.Join(err, content.WriteBlob(ctx, c.ContentStore(), "r", strings.NewReader(data), desc)); err != nil {
			t.Fatal(err)
		}
		w, err := c.ContentStore().Writer(inDefault, content.WithRef(data), content.WithDescriptor(desc))
		if err != nil {
			t.Fatal(err)
		}
		if status, err := w.Status(); err != nil || (status.Offset > 0) != (data == "public") {
			t.Errorf("%s blob: offset %d, %v", data, status.Offset, err)
		}
		w.Close()
	}
}

// TestSharedBlobIsLost writes to an upload that shares a blob, after the backend has lost that blob. Each try fails for
// this reason: the first one releases the backend's reference.
func TestSharedBlobIsLost(t *testing.T) {
	c := newCleaner(t, time.Now)
	desc := ocispec.Descriptor{Digest: digest.FromString("data"), Size: 4}
	err := content.WriteBlob(inOther, c.ContentStore(), "r", strings.NewReader("data"), desc)
	w, opened := c.ContentStore().Writer(inDefault, content.WithRef("r"), content.WithDescriptor(desc))
	if err := errors.Join(err, opened, c.blobs.Content.Delete(t.Context(), desc.Digest)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := w.Write([]byte("x")); !errdefs.IsNotFound(err) {
			t.Errorf("%v, want not found", err)
		}
	}
}

// TestDeleteNamespaceOfSnapshots deletes a namespace that has only a snapshot.
func TestDeleteNamespaceOfSnapshots(t *testing.T) {
	c := newCleaner(t, time.Now)
	if _, err := c.Snapshotter("layers").Prepare(inDefault, "k", ""); err != nil {
		t.Fatal(err)
	}
	err := c.Update(func(tx *memkv.Tx) error { return metadata.NewNamespaceStore(tx).Delete(t.Context(), "default") })
	if !errdefs.IsFailedPrecondition(err) || !strings.Contains(err.Error(), `snapshots on "layers"`) {
		t.Error(err)
	}
}

// racing is a snapshotter backend. Another process removes each snapshot first.
type racing struct{ snapshots.Snapshotter }

func (r racing) Remove(ctx context.Context, key string) error {
	return errors.Join(r.Snapshotter.Remove(ctx, key), errdefs.ErrNotFound)
}

// TestCleanupOfGone cleans a backend while its unnamed snapshots disappear.
func TestCleanupOfGone(t *testing.T) {
	layers := racing{backend.NewSnapshotter(time.Now, "/")}
	for _, key := range []string{"a", "b"} {
		if _, err := layers.Prepare(t.Context(), key, ""); err != nil {
			t.Fatal(err)
		}
	}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	err := db.Init(t.Context())
	if _, collected := db.GarbageCollect(t.Context()); err != nil || collected != nil {
		t.Fatal(err, collected)
	}
	_ = layers.Walk(t.Context(), func(_ context.Context, info snapshots.Info) error {
		t.Errorf("snapshot %q is left", info.Name)
		return nil
	})
}

// TestFailedRebaseShowsParent commits a snapshot onto a parent that does not exist, in a transaction that continues. As
// in containerd, the active snapshot has the parent from then on.
func TestFailedRebaseShowsParent(t *testing.T) {
	layers := backend.NewSnapshotter(time.Now, "/")
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	s := db.Snapshotter("layers")
	if _, err := s.Prepare(inDefault, "k", ""); err != nil {
		t.Fatal(err)
	}
	err := db.Update(func(tx *memkv.Tx) error {
		ctx := metadata.WithTransactionContext(inDefault, tx)
		if err := s.Commit(ctx, "c", "k", snapshots.WithParent("none")); !errdefs.IsNotFound(err) {
			t.Errorf("%v, want not found", err)
		}
		record, _ := tx.FrozenAt("v1", "default", "snapshots", "layers", "k")
		if parent := record.Text("parent"); parent != "none" {
			t.Errorf("parent %q", parent)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

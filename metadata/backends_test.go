package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

var (
	inOther = namespaces.WithNamespace(context.Background(), "other")
	inThird = namespaces.WithNamespace(context.Background(), "third")
)

// backends compares the data in the backends.
func (m *mirror) backends(name string) {
	m.t.Helper()
	m.call(name, func(s *side) (any, error) {
		ctx, all := context.Background(), []string{}
		note := func(kind, name string) { all = append(all, kind+" "+name) }
		return &all, errors.Join(
			s.blobs.Walk(ctx, func(info content.Info) error { note("blob", info.Digest.String()); return nil }),
			s.blobs.WalkStatusRefs(ctx, func(ref string) error { note("ingest", ref); return nil }),
			s.stored.Walk(ctx, func(_ context.Context, info snapshots.Info) error { note("snapshot", info.Name); return nil }))
	})
}

// collects compares a collection, and the backends afterwards.
func (m *mirror) collects() {
	m.t.Helper()
	m.do("collect", func(s *side) error { return s.collect() })
	m.backends("backends after a collection")
}

// write compares the writing of a blob, up to its commit unless that is nil.
func (m *mirror) write(ctx context.Context, ref, data string, desc ocispec.Descriptor, commit func(content.Writer) error) {
	m.t.Helper()
	m.call(fmt.Sprintf("write %q to %s", data, ref), func(s *side) (any, error) {
		w, err := s.content.Writer(ctx, content.WithRef(ref), content.WithDescriptor(desc))
		if err != nil {
			return nil, err
		}
		defer w.Close()
		before, err := w.Status()
		if err == nil && data != "" {
			_, err = w.Write([]byte(data))
		}
		after, statusErr := w.Status()
		result := []any{before, after, w.Digest()}
		if err = errors.Join(err, statusErr); err == nil && commit != nil {
			err = commit(w)
		}
		return result, err
	})
}

// commit returns a function that commits a blob.
func commit(size int64, expected digest.Digest, opts ...content.Opt) func(content.Writer) error {
	return func(w content.Writer) error { return w.Commit(context.Background(), size, expected, opts...) }
}

// looksAtContent compares all reads.
func (m *mirror) looksAtContent(ctx context.Context, refs, blobs []string) {
	m.t.Helper()
	for _, ref := range append(refs, "", "missing") {
		m.call("status of "+ref, func(s *side) (any, error) { return s.content.Status(ctx, ref) })
	}
	for _, filter := range []string{"", "ref==r", "ref~=^[a-q]"} {
		m.call("statuses "+filter, func(s *side) (any, error) {
			all, err := s.content.ListStatuses(ctx, filter)
			return len(all), err
		})
	}
	for _, data := range append(blobs, "missing") {
		dgst := digest.FromString(data)
		m.call("info of "+data, func(s *side) (any, error) { return s.content.Info(ctx, dgst) })
		m.call("read "+data, func(s *side) (any, error) { return content.ReadBlob(ctx, s.content, ocispec.Descriptor{Digest: dgst}) })
	}
	for _, filter := range []string{"", "labels.a==1", "labels.b", "bad=="} {
		m.call("walk "+filter, func(s *side) (any, error) {
			var all []content.Info
			err := s.content.Walk(ctx, func(info content.Info) error { all = append(all, info); return nil }, filter)
			return all, err
		})
	}
	m.call("a walk that fails", func(s *side) (any, error) {
		n := 0
		return &n, s.content.Walk(ctx, func(content.Info) error { n++; return errBroken })
	})
	m.call("leased", func(s *side) (any, error) { return s.leases.ListResources(ctx, leases.Lease{ID: "l"}) })
}

func TestContent(t *testing.T) {
	for _, ctx := range []context.Context{inDefault, leases.WithLease(inDefault, "l"), context.Background()} {
		mirrored(t, func(m *mirror) {
			m.call("lease", func(s *side) (any, error) { return s.leases.Create(inDefault, leases.WithID("l")) })
			look := func() { m.t.Helper(); m.looksAtContent(ctx, []string{"r", "q"}, []string{"one", "two"}) }
			m.write(ctx, "", "x", ocispec.Descriptor{}, nil)
			m.write(ctx, "r", "one", ocispec.Descriptor{Size: 3}, nil)
			m.write(ctx, "q", "tw", ocispec.Descriptor{}, nil)
			look()
			m.write(ctx, "q", "o", ocispec.Descriptor{}, commit(3, digest.FromString("two"), content.WithLabels(labels("a", "1"))))
			m.write(ctx, "r", "", ocispec.Descriptor{}, commit(4, ""))
			m.write(ctx, "r", "", ocispec.Descriptor{}, commit(0, digest.FromString("two")))
			m.write(ctx, "bad", "bad", ocispec.Descriptor{}, commit(0, "", content.WithLabels(labels("k", string(make([]byte, 5000))))))
			m.write(ctx, "bad", "", ocispec.Descriptor{}, commit(0, "", func(*content.Info) error { return errBroken }))
			look()
			m.write(ctx, "r", "", ocispec.Descriptor{}, commit(3, digest.FromString("one"), content.WithLabels(keep)))
			m.write(ctx, "again", "one", ocispec.Descriptor{}, commit(0, ""))
			m.write(ctx, "known", "", ocispec.Descriptor{Digest: digest.FromString("one")}, nil)
			look()
			for name, fails := range map[string]func(content.Writer) error{
				"size": commit(7, ""), "digest": commit(0, digest.FromString("other")),
				"labels": commit(0, "", content.WithLabels(labels("k", string(make([]byte, 5000))))),
				"option": commit(0, "", func(*content.Info) error { return errBroken }),
			} {
				m.do("two writers after a commit that fails for its "+name, func(s *side) error {
					first, err := s.content.Writer(ctx, content.WithRef("free"))
					if err != nil {
						return err
					}
					if err := fails(first); err == nil {
						return errors.New("no failure")
					}
					second, err := s.content.Writer(ctx, content.WithRef("free"))
					if err != nil {
						first.Close()
						return err
					}
					return second.Close()
				})
			}
			look()
			m.collects()
			look()
			for _, paths := range [][]string{nil, {"labels"}, {"labels.b"}, {"size"}} {
				for _, data := range []string{"one", "missing"} {
					m.call(fmt.Sprint("update ", data, paths), func(s *side) (any, error) {
						return s.content.Update(ctx, content.Info{Digest: digest.FromString(data), Labels: labels("b", "2", "containerd.io/gc.root", "x")}, paths...)
					})
				}
			}
			look()
			m.write(inOther, "r", "", ocispec.Descriptor{Digest: digest.FromString("one"), Size: 3}, commit(3, "", content.WithLabels(keep)))
			m.write(inOther, "s", "", ocispec.Descriptor{Digest: digest.FromString("two"), Size: 7}, nil)
			m.write(inThird, "s", "one", ocispec.Descriptor{Digest: digest.FromString("one"), Size: 7}, nil) // not shared
			m.looksAtContent(inOther, []string{"r", "s"}, []string{"one", "two"})
			for _, desc := range []ocispec.Descriptor{{}, {Digest: digest.FromString("one")}} {
				m.call(fmt.Sprint("truncate ", desc.Digest), func(s *side) (any, error) {
					w, err := s.content.Writer(inThird, content.WithRef("t"+desc.Digest.String()), content.WithDescriptor(desc))
					if err != nil {
						return nil, err
					}
					defer w.Close()
					err = w.Truncate(0)
					_, writeErr := w.Write([]byte("more"))
					status, statusErr := w.Status()
					return []any{status, w.Digest()}, errors.Join(err, writeErr, statusErr)
				})
			}
			for _, ref := range []string{"bad", "bad", "again", ""} {
				m.do("abort "+ref, func(s *side) error { return s.content.Abort(ctx, ref) })
			}
			for _, data := range []string{"one", "one", "two", "missing"} {
				m.do("delete "+data, func(s *side) error { return s.content.Delete(ctx, digest.FromString(data)) })
				m.collects()
			}
			m.write(ctx, "old", "old", ocispec.Descriptor{}, nil)
			time.Sleep(25 * time.Hour)
			m.collects()
			m.do("delete lease", func(s *side) error { return s.leases.Delete(inDefault, leases.Lease{ID: "l"}) })
			m.collects()
			look()
		})
	}
}

func TestSnapshots(t *testing.T) {
	for _, ctx := range []context.Context{inDefault, leases.WithLease(inDefault, "l"), context.Background()} {
		mirrored(t, func(m *mirror) {
			m.call("lease", func(s *side) (any, error) { return s.leases.Create(inDefault, leases.WithID("l")) })
			keys := []string{"k", "c", "d", "v", "missing", ""}
			look := func() {
				m.t.Helper()
				for _, key := range keys {
					m.call("stat "+key, func(s *side) (any, error) { return s.layers.Stat(ctx, key) })
					m.call("usage "+key, func(s *side) (any, error) { return s.layers.Usage(ctx, key) })
					m.call("mounts "+key, func(s *side) (any, error) { return s.layers.Mounts(ctx, key) })
				}
				for _, filter := range []string{"", "name==k", "labels.a==1", "kind==active", "bad=="} {
					m.call("walk "+filter, func(s *side) (any, error) {
						var all []snapshots.Info
						err := s.layers.Walk(ctx, func(_ context.Context, info snapshots.Info) error { all = append(all, info); return nil }, filter)
						return all, err
					})
				}
				m.call("a walk that fails", func(s *side) (any, error) {
					n := 0
					return &n, s.layers.Walk(ctx, func(context.Context, snapshots.Info) error { n++; return errBroken })
				})
				m.call("leased", func(s *side) (any, error) { return s.leases.ListResources(inDefault, leases.Lease{ID: "l"}) })
			}
			prepare := func(key, parent string, pairs ...string) {
				m.t.Helper()
				m.call("prepare "+key, func(s *side) (any, error) {
					return s.layers.Prepare(ctx, key, parent, snapshots.WithLabels(labels(pairs...)))
				})
			}
			prepare("k", "", "a", "1", "containerd.io/gc.root", "x")
			prepare("k", "")
			prepare("x", "missing")
			prepare("", "")
			prepare("y", "", "k", string(make([]byte, 5000)))
			look()
			m.do("commit", func(s *side) error {
				return s.layers.Commit(ctx, "c", "k", snapshots.WithLabels(labels("b", "2", "containerd.io/gc.root", "x")))
			})
			for _, c := range [][2]string{{"c", "k"}, {"", "k"}, {"e", "missing"}, {"e", ""}} {
				m.do(fmt.Sprint("commit ", c), func(s *side) error { return s.layers.Commit(ctx, c[0], c[1]) })
			}
			prepare("k", "c", "a", "1", "containerd.io/snapshot/x", "y")
			m.call("view", func(s *side) (any, error) { return s.layers.View(ctx, "v", "c", snapshots.WithLabels(keep)) })
			prepare("d", "k")
			look()
			for _, paths := range [][]string{nil, {"labels"}, {"labels.b"}, {"parent"}} {
				for _, key := range keys {
					m.call(fmt.Sprint("update ", key, paths), func(s *side) (any, error) {
						return s.layers.Update(ctx, snapshots.Info{Name: key, Labels: labels("b", "3", "containerd.io/snapshot/x", "z")}, paths...)
					})
				}
			}
			look()
			for _, key := range []string{"c", "missing", "", "v", "v"} {
				m.do("remove "+key, func(s *side) error { return s.layers.Remove(ctx, key) })
				m.backends("after the removal of " + key)
			}
			m.collects()
			look()
			m.do("delete lease", func(s *side) error { return s.leases.Delete(inDefault, leases.Lease{ID: "l"}) })
			m.collects()
			m.do("close", func(s *side) error { return s.layers.Close() })
		})
	}
}

// TestCollectionEvents collects records of each kind that has an event, in two namespaces.
func TestCollectionEvents(t *testing.T) {
	mirrored(t, func(m *mirror) {
		for _, ctx := range []context.Context{inOther, inDefault} {
			for _, name := range []string{"b", "a"} {
				m.call("image", func(s *side) (any, error) {
					image := numberedImage(1)
					image.Name, image.Labels = name, labels("containerd.io/gc.expire", "1999-01-01T00:00:00Z")
					return s.images.Create(ctx, image)
				})
				m.call("snapshot", func(s *side) (any, error) { return s.layers.Prepare(ctx, name, "") })
				m.write(ctx, name, name, ocispec.Descriptor{}, commit(0, ""))
			}
		}
		m.collects()
	})
}

// TestCleaningOfFewBlobs cleans one suspect that still has a record, among many blobs.
func TestCleaningOfFewBlobs(t *testing.T) {
	c := newCleaner(t, time.Now)
	write := func(data string) digest.Digest {
		w, err := c.ContentStore().Writer(inDefault, content.WithRef(data))
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err = errors.Join(err, w.Commit(inDefault, 0, "", content.WithLabels(keep))); err != nil {
			t.Fatal(err)
		}
		return digest.FromString(data)
	}
	var all []digest.Digest
	for i := range 100 {
		all = append(all, write(fmt.Sprint(i)))
	}
	_, _ = c.GarbageCollect(t.Context()) // the first one walks the backend
	_ = c.Update(func(tx *memkv.Tx) error {
		_ = c.ContentStore().Delete(metadata.WithTransactionContext(inDefault, tx), all[50])
		return errBroken
	})
	if err := c.ContentStore().Delete(inDefault, all[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GarbageCollect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, dgst := range all {
		if _, err := c.blobs.Info(t.Context(), dgst); (err == nil) != (i > 0) {
			t.Errorf("blob %d: %v", i, err)
		}
	}
}

// TestCleanup calls Cleanup of a backend that has no such method. containerd's snapshotters have none.
func TestCleanup(t *testing.T) {
	err := newDoubtful(t).Snapshotter("layers").(snapshots.Cleaner).Cleanup(t.Context())
	if !errdefs.IsNotImplemented(err) || !strings.Contains(err.Error(), `snapshotter "layers"`) {
		t.Error(err)
	}
}

// TestCollectionWithoutGraph collects a database with a slash in the name of a snapshotter, of which no graph can be
// kept. The collection cleans the content backend.
func TestCollectionWithoutGraph(t *testing.T) {
	blobs := backend.NewContent(time.Now)
	db := metadata.NewDB(memkv.New(), blobs, map[string]snapshots.Snapshotter{"a/b": backend.NewSnapshotter(time.Now, "/")})
	collect := func() {
		t.Helper()
		if _, err := db.GarbageCollect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Snapshotter("a/b").Prepare(inDefault, "k", "", snapshots.WithLabels(keep)); err != nil {
		t.Fatal(err)
	}
	collect() // cleans the backends that Init marked
	w, err := db.ContentStore().Writer(inDefault, content.WithRef("r"))
	if err == nil {
		_, err = w.Write([]byte("data"))
	}
	if err = errors.Join(err, w.Commit(inDefault, 0, "")); err != nil {
		t.Fatal(err)
	}
	collect()
	if _, err := blobs.Info(t.Context(), digest.FromString("data")); !errdefs.IsNotFound(err) {
		t.Errorf("the blob remains: %v", err)
	}
}

// storing is a database that reports a failure of a transaction after it has stored the changes.
type storing struct {
	*memkv.DB
	fails bool
}

func (s *storing) Update(fn func(*memkv.Tx) error) error {
	if err := s.DB.Update(fn); err != nil || !s.fails {
		return err
	}
	return errBroken
}

// TestFailedCollection fails a collection after it has removed a record, beside writers and alone. The next collection
// must clean the backend.
func TestFailedCollection(t *testing.T) {
	for _, snapshotter := range []string{"native", "odd/name"} {
		kv, blobs := &storing{DB: memkv.New()}, backend.NewContent(time.Now)
		db := metadata.NewDB(kv, blobs, nil)
		err := errors.Join(db.Init(t.Context()), db.Update(func(tx *memkv.Tx) error {
			return store(tx, "yes", "v1", "default", "snapshots", snapshotter, "s", "labels", "containerd.io/gc.root")
		}))
		if err != nil {
			t.Fatal(err)
		}
		write := func(data string, labels map[string]string) {
			t.Helper()
			w, err := db.ContentStore().Writer(inDefault, content.WithRef("r"))
			if err == nil {
				_, err = w.Write([]byte(data))
			}
			if err = errors.Join(err, w.Commit(inDefault, 0, "", content.WithLabels(labels))); err != nil {
				t.Fatal(err)
			}
		}
		write("kept", keep)
		_, err = db.GarbageCollect(t.Context()) // cleans the backend, which Init marked
		write("data", nil)
		kv.fails = true
		if _, failed := db.GarbageCollect(t.Context()); err != nil || !errors.Is(failed, errBroken) {
			t.Fatal(err, failed)
		}
		kv.fails = false
		if _, err := db.GarbageCollect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := blobs.Info(t.Context(), digest.FromString("data")); !errdefs.IsNotFound(err) {
			t.Errorf("with snapshotter %s, the blob remains: %v", snapshotter, err)
		}
	}
}

// TestCompleteCleanup counts the walks of the content backend in cleanings after deletions.
func TestCompleteCleanup(t *testing.T) {
	for _, complete := range []bool{false, true} {
		var opts []metadata.DBOpt
		if complete {
			opts = append(opts, metadata.WithCompleteCleanup)
		}
		c := newCleaner(t, time.Now, opts...)
		for i := range 3 {
			w, err := c.ContentStore().Writer(inDefault, content.WithRef("r"))
			if err == nil {
				_, err = w.Write([]byte{byte(i)})
			}
			if err = errors.Join(err, w.Commit(inDefault, 0, "")); err != nil {
				t.Fatal(err)
			}
			if err := c.collect(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
		}
		if walks := c.walks; complete != (walks > 2) { // the first cleaning walks both backends
			t.Errorf("complete: %t: %d walks", complete, walks)
		}
	}
}

// oneType is a type that containerd leaves to plugins.
const oneType gc.ResourceType = 16

// oneResource is a Collector with one resource, which nothing refers to.
type oneResource struct{ metadata.CollectionContext }

func (oneResource) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return oneResource{}, nil
}
func (oneResource) ReferenceLabel() string { return "one" }
func (oneResource) All(fn func(gc.Node)) {
	fn(gc.Node{Type: oneType, Namespace: "default", Key: "resource"})
}
func (oneResource) Active(string, func(gc.Node))         {}
func (oneResource) Leased(string, string, func(gc.Node)) {}
func (oneResource) Remove(gc.Node)                       {}
func (oneResource) Cancel() error                        { return nil }
func (oneResource) Finish() error                        { return nil }

// TestOrderOfRemoved checks that a collection reports the removed objects by namespace and then by type, those of
// Collectors among them.
func TestOrderOfRemoved(t *testing.T) {
	var removed []string
	c := newCleaner(t, time.Now, metadata.WithRemoved(func(_ context.Context, nodes []gc.Node) {
		for _, n := range nodes {
			removed = append(removed, fmt.Sprint(n.Namespace, " ", n.Type))
		}
	}))
	c.RegisterCollectibleResource(oneType, oneResource{})
	for _, ctx := range []context.Context{inOther, inDefault} {
		if _, err := c.Snapshotter("layers").Prepare(ctx, "k", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.collect(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprint("default ", metadata.ResourceSnapshot), fmt.Sprint("default ", oneType), fmt.Sprint("other ", metadata.ResourceSnapshot),
	}
	if !slices.Equal(removed, want) {
		t.Errorf("%q, want %q", removed, want)
	}
}

// preparing is a snapshotter backend that calls hook before it prepares a snapshot.
type preparing struct {
	snapshots.Snapshotter
	hook func(key string) error
}

func (p *preparing) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	if err := p.hook(key); err != nil {
		return nil, err
	}
	return p.Snapshotter.Prepare(ctx, key, parent, opts...)
}

// TestPrepareMeetsAnother prepares a snapshot while another call takes its name, and under a key that the backend has.
func TestPrepareMeetsAnother(t *testing.T) {
	layers := &preparing{Snapshotter: backend.NewSnapshotter(time.Now, "/")}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, first := db.Snapshotter("layers"), true
	layers.hook = func(string) error {
		if !first {
			return nil
		}
		first = false
		_, err := s.Prepare(inDefault, "k", "")
		return err
	}
	if _, err := s.Prepare(inDefault, "k", ""); !errdefs.IsAlreadyExists(err) {
		t.Errorf("another call has taken the name: %v", err)
	}
	layers.hook = func(string) error { return errdefs.ErrAlreadyExists }
	_, err := s.Prepare(inDefault, "other", "")
	if errdefs.IsAlreadyExists(err) || !errdefs.IsUnknown(err) || !strings.Contains(err.Error(), `snapshot "other"`) {
		t.Errorf("the backend has a snapshot under a new key: %v", err)
	}
}

// TestDeleteNamespaceOfNone deletes a namespace of a database without any.
func TestDeleteNamespaceOfNone(t *testing.T) {
	db := metadata.NewDB(memkv.New(), nil, nil) // Init would make the bucket of namespaces
	err := db.Update(func(tx *memkv.Tx) error { return metadata.NewNamespaceStore(tx).Delete(t.Context(), "missing") })
	if !errdefs.IsNotFound(err) || !strings.Contains(err.Error(), `namespace "missing"`) {
		t.Error(err)
	}
}

// blind is a content backend that cannot tell whether it has a blob.
type blind struct {
	*backend.Content
	broken bool
}

func (b *blind) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	if b.broken {
		return content.Info{}, errBroken
	}
	return b.Content.Info(ctx, dgst)
}

// TestCommitOfSharedBlobFails commits an upload that shares a blob, while the backend fails.
func TestCommitOfSharedBlobFails(t *testing.T) {
	blobs := &blind{Content: backend.NewContent(time.Now)}
	db := metadata.NewDB(memkv.New(), blobs, nil)
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, err := db.ContentStore().Writer(inOther, content.WithRef("r"))
	if err == nil {
		_, err = w.Write([]byte("data"))
	}
	if err = errors.Join(err, w.Commit(inOther, 0, "")); err != nil {
		t.Fatal(err)
	}
	desc := ocispec.Descriptor{Digest: digest.FromString("data")}
	w, err = db.ContentStore().Writer(inDefault, content.WithRef("r"), content.WithDescriptor(desc))
	if err != nil {
		t.Fatal(err)
	}
	blobs.broken = true
	if err := w.Commit(inDefault, 0, ""); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), `ingest "r": blob "`+desc.Digest.String()) {
		t.Error(err)
	}
}

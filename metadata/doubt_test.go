package metadata_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

var (
	errBroken = errors.New("broken")
	keep      = map[string]string{"containerd.io/gc.root": "yes"}
)

// brokenKV rolls back a transaction after a given number of successful ones.
type brokenKV struct {
	*memkv.DB
	after int // transactions that still succeed; negative: all
}

func (kv *brokenKV) Update(fn func(*memkv.Tx) error) error {
	return kv.DB.Update(func(tx *memkv.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if kv.after--; kv.after == -1 {
			return errBroken
		}
		return nil
	})
}

// keeping is a snapshotter backend that stores the names of its snapshots.
type keeping struct {
	snapshots.Snapshotter
	has   map[string]bool
	fails map[string]bool // by call, after its effect
}

func (k keeping) done(call string) error {
	if k.fails[call] {
		delete(k.fails, call)
		return errBroken
	}
	return nil
}

func (k keeping) Prepare(_ context.Context, key, _ string, _ ...snapshots.Opt) ([]snapshots.Mount, error) {
	k.has[key] = true
	return nil, k.done("prepare")
}

func (k keeping) Commit(_ context.Context, name, key string, _ ...snapshots.Opt) error {
	delete(k.has, key)
	k.has[name] = true
	return k.done("commit")
}

func (k keeping) Remove(_ context.Context, key string) error {
	if err := k.done("remove"); err != nil {
		return err
	}
	delete(k.has, key)
	return nil
}

func (k keeping) Stat(_ context.Context, key string) (snapshots.Info, error) {
	if !k.has[key] {
		return snapshots.Info{}, errdefs.ErrNotFound
	}
	return snapshots.Info{Name: key}, nil
}

func (k keeping) Walk(ctx context.Context, fn snapshots.WalkFunc, _ ...string) error {
	for _, key := range slices.Sorted(maps.Keys(k.has)) {
		if err := fn(ctx, snapshots.Info{Name: key}); err != nil {
			return err
		}
	}
	return nil
}

// doubtful is a database with its Transactor and backends.
type doubtful struct {
	*metadata.DB
	t      *testing.T
	kv     *brokenKV
	blobs  content.Store
	layers keeping
}

func newDoubtful(t *testing.T, opts ...metadata.DBOpt) *doubtful {
	t.Helper()
	blobs, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &doubtful{
		t: t, kv: &brokenKV{memkv.New(), -1}, blobs: blobs,
		layers: keeping{has: map[string]bool{}, fails: map[string]bool{}},
	}
	d.DB = metadata.NewDB(d.kv, blobs, map[string]snapshots.Snapshotter{"layers": d.layers},
		append(opts, metadata.WithSerialCleanup)...)
	d.must(d.Init(t.Context()))
	d.write(namespaces.WithNamespace(t.Context(), "first"), "r", "first") // an empty backend can't be walked
	d.collect()                                                           // cleans the backends that Init marked
	return d
}

func (d *doubtful) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *doubtful) collect() {
	d.t.Helper()
	_, err := d.GarbageCollect(d.t.Context())
	d.must(err)
}

// open opens a writer for a blob of the given bytes and writes them, except the bytes of a shared blob.
func (d *doubtful) open(ctx context.Context, ref, data string) (content.Writer, error) {
	desc := ocispec.Descriptor{Digest: digest.FromString(data), Size: int64(len(data))}
	w, err := d.ContentStore().Writer(ctx, content.WithRef(ref), content.WithDescriptor(desc))
	if err != nil {
		return nil, err
	}
	status, err := w.Status()
	if err == nil && status.Offset < desc.Size {
		_, err = w.Write([]byte(data)[status.Offset:])
	}
	return w, err
}

// write writes and commits a blob that no collection removes.
func (d *doubtful) write(ctx context.Context, ref, data string) {
	d.t.Helper()
	w, err := d.open(ctx, ref, data)
	d.must(err)
	d.must(w.Commit(ctx, 0, "", content.WithLabels(keep)))
}

// rolledBack calls fn in a new transaction and rolls it back.
func (d *doubtful) rolledBack(ctx context.Context, fn func(ctx context.Context)) {
	_ = d.Update(func(tx *memkv.Tx) error {
		fn(metadata.WithTransactionContext(ctx, tx))
		return errBroken
	})
}

// leftovers returns the blobs, ingests and snapshots in the backends.
func (d *doubtful) leftovers() (all []string) {
	d.must(d.blobs.Walk(d.t.Context(), func(info content.Info) error {
		all = append(all, info.Digest.String())
		return nil
	}))
	statuses, err := d.blobs.ListStatuses(d.t.Context())
	d.must(err)
	for _, s := range statuses {
		all = append(all, s.Ref)
	}
	return append(all, slices.Sorted(maps.Keys(d.layers.has))...)
}

// doubts are calls that leave unnamed data in a backend without a deletion.
var doubts = []struct {
	name string
	act  func(d *doubtful, ctx context.Context)
}{
	{"a commit under a deleted lease", func(d *doubtful, ctx context.Context) {
		w, err := d.open(ctx, "r", "data")
		d.must(err)
		if err := w.Commit(leases.WithLease(ctx, "gone"), 0, ""); !errdefs.IsNotFound(err) {
			d.t.Error(err)
		}
		d.must(d.ContentStore().Abort(ctx, "r"))
	}},
	{"a commit fails in the database", func(d *doubtful, ctx context.Context) {
		w, err := d.open(ctx, "r", "data")
		d.must(err)
		d.kv.after = 0
		if err := w.Commit(ctx, 0, ""); !errors.Is(err, errBroken) {
			d.t.Error(err)
		}
		d.must(d.ContentStore().Abort(ctx, "r"))
	}},
	{"a commit is rolled back", func(d *doubtful, ctx context.Context) {
		d.rolledBack(ctx, func(ctx context.Context) { d.write(ctx, "r", "data") })
	}},
	{"opening an ingest fails in the database", func(d *doubtful, ctx context.Context) {
		d.kv.after = 0
		if _, err := d.open(ctx, "r", "data"); !errors.Is(err, errBroken) {
			d.t.Error(err)
		}
	}},
	{"opening an ingest is rolled back", func(d *doubtful, ctx context.Context) {
		d.rolledBack(ctx, func(ctx context.Context) {
			w, err := d.open(ctx, "r", "data")
			d.must(err)
			w.Close()
		})
	}},
	{"a namespace with ingests is deleted", func(d *doubtful, ctx context.Context) {
		w, err := d.open(ctx, "r", "data")
		d.must(err)
		w.Close()
		d.must(d.Update(func(tx *memkv.Tx) error { return metadata.NewNamespaceStore(tx).Delete(ctx, "default") }))
	}},
	{"a commit of a blob that another namespace wrote meanwhile", func(d *doubtful, ctx context.Context) {
		d.overtaken(ctx)
		d.write(ctx, "r", "data")
	}},
	{"an abort of a blob that another namespace wrote meanwhile", func(d *doubtful, ctx context.Context) {
		d.overtaken(ctx)
		w, err := d.open(ctx, "r", "data")
		d.must(err)
		w.Close()
		d.must(d.ContentStore().Abort(ctx, "r"))
	}},
	{"a writer writes after its ingest is aborted and collected", func(d *doubtful, ctx context.Context) {
		d.write(namespaces.WithNamespace(ctx, "other"), "r", "data")
		w, err := d.ContentStore().Writer(ctx, content.WithRef("r"),
			content.WithDescriptor(ocispec.Descriptor{Digest: digest.FromString("data")}))
		d.must(err)
		d.must(d.ContentStore().Abort(ctx, "r"))
		d.collect()
		_, err = w.Write([]byte("more"))
		d.must(err)
		d.must(w.Close())
	}},
	{"the backend creates a snapshot and returns an error", func(d *doubtful, ctx context.Context) {
		d.layers.fails["prepare"] = true
		if _, err := d.Snapshotter("layers").Prepare(ctx, "k", ""); !errors.Is(err, errBroken) {
			d.t.Error(err)
		}
	}},
	{"storing and removing a snapshot both fail", func(d *doubtful, ctx context.Context) {
		d.kv.after = 1
		d.layers.fails["remove"] = true
		if _, err := d.Snapshotter("layers").Prepare(ctx, "k", ""); !errors.Is(err, errBroken) {
			d.t.Error(err)
		}
	}},
	{"a snapshot is rolled back", func(d *doubtful, ctx context.Context) {
		d.rolledBack(ctx, func(ctx context.Context) {
			_, err := d.Snapshotter("layers").Prepare(ctx, "k", "")
			d.must(err)
		})
	}},
	{"committing a snapshot fails in the database", func(d *doubtful, ctx context.Context) {
		_, err := d.Snapshotter("layers").Prepare(ctx, "k", "", snapshots.WithLabels(keep))
		d.must(err)
		d.kv.after = 0
		if err := d.Snapshotter("layers").Commit(ctx, "c", "k"); !errors.Is(err, errBroken) {
			d.t.Error(err)
		}
	}},
}

// overtaken starts an ingest whose blob another namespace then commits.
func (d *doubtful) overtaken(ctx context.Context) {
	d.t.Helper()
	w, err := d.ContentStore().Writer(ctx, content.WithRef("r"))
	d.must(err)
	_, err = w.Write([]byte("da"))
	d.must(err)
	w.Close()
	d.write(namespaces.WithNamespace(ctx, "other"), "r", "data")
}

// TestDoubt checks that the next collection removes the data that each call leaves, unless WithCleanupOnce is set.
func TestDoubt(t *testing.T) {
	for _, doubt := range doubts {
		t.Run(doubt.name, func(t *testing.T) {
			left := map[bool][]string{}
			for _, once := range []bool{false, true} {
				var opts []metadata.DBOpt
				if once {
					opts = append(opts, metadata.WithCleanupOnce)
				}
				d := newDoubtful(t, opts...)
				doubt.act(d, namespaces.WithNamespace(t.Context(), "default"))
				before := d.leftovers()
				if d.collect(); once && !slices.Equal(before, d.leftovers()) {
					t.Errorf("WithCleanupOnce: a collection changed %q to %q", before, d.leftovers())
				}
				left[once] = d.leftovers()
			}
			if len(left[false]) >= len(left[true]) {
				t.Errorf("leftovers: %q; WithCleanupOnce: %q; want fewer than WithCleanupOnce", left[false], left[true])
			}
		})
	}
}

// TestSharedBlobGone removes the bytes of a shared blob. content.Copy writes them again; a bare Commit fails with
// ErrReset.
func TestSharedBlobGone(t *testing.T) {
	const data = "data"
	ctx := namespaces.WithNamespace(t.Context(), "default")
	other := namespaces.WithNamespace(t.Context(), "other")
	dgst := digest.FromString(data)
	for _, once := range []bool{false, true} {
		t.Run(fmt.Sprint("copied=", once), func(t *testing.T) {
			d := newDoubtful(t)
			d.write(other, "r", data)
			w, err := d.open(ctx, "r", data)
			d.must(err)
			d.must(d.ContentStore().Abort(ctx, "r"))
			d.must(d.ContentStore().Delete(other, dgst))
			d.collect()
			if once {
				d.must(content.Copy(ctx, w, bytes.NewReader([]byte(data)), int64(len(data)), dgst))
			} else {
				if err := w.Commit(ctx, 0, dgst); !errors.Is(err, content.ErrReset) || !errdefs.IsAborted(err) || !strings.Contains(err.Error(), `ingest "r": blob "`+dgst.String()) {
					t.Fatal(err)
				}
				if _, err := d.ContentStore().Info(ctx, dgst); !errdefs.IsNotFound(err) {
					t.Error(err)
				}
				_, err := w.Write([]byte(data))
				d.must(err)
				d.must(w.Commit(ctx, 0, dgst))
			}
			read, err := content.ReadBlob(ctx, d.ContentStore(), ocispec.Descriptor{Digest: dgst, Size: int64(len(data))})
			if err != nil || string(read) != data {
				t.Errorf("%q, %v", read, err)
			}
		})
	}
}

// TestMadeInTransaction runs a collection while a caller's transaction with three new objects is open. The objects must
// survive if the transaction commits. Otherwise the next collection must remove them.
func TestMadeInTransaction(t *testing.T) {
	for _, commit := range []bool{true, false} {
		t.Run(fmt.Sprint("commit=", commit), func(t *testing.T) {
			log := &backendLog{fails: map[string]error{}}
			first := layers{backendLog: log, infos: []snapshots.Info{{Name: "stray"}}}
			d := newDoubtful(t)
			d.DB = metadata.NewDB(d.kv, d.blobs, map[string]snapshots.Snapshotter{"first": first, "layers": d.layers},
				metadata.WithSerialCleanup)
			d.must(d.Init(t.Context())) // marks all backends
			ctx := namespaces.WithNamespace(t.Context(), "default")
			made, decided, ended := make(chan bool), make(chan bool), make(chan error)
			log.hook = func(string) { // the cleaning has started
				log.hook = nil
				go func() {
					ended <- d.Update(func(tx *memkv.Tx) error {
						ctx := metadata.WithTransactionContext(ctx, tx)
						_, err := d.Snapshotter("layers").Prepare(ctx, "active", "", snapshots.WithLabels(keep))
						d.must(err)
						_, err = d.Snapshotter("layers").Prepare(ctx, "other", "", snapshots.WithLabels(keep))
						d.must(err)
						d.must(d.Snapshotter("layers").Commit(ctx, "committed", "other", snapshots.WithLabels(keep)))
						d.write(ctx, "r", "data")
						made <- true
						if !<-decided {
							return errBroken
						}
						return nil
					})
				}()
				<-made
			}
			before := len(d.leftovers())
			d.collect()
			decided <- commit
			if err := <-ended; (err == nil) != commit {
				t.Fatal(err)
			}
			if after := len(d.leftovers()); after != before+3 {
				t.Errorf("%d more objects after the first collection, want 3", after-before)
			}
			d.collect()
			if after := len(d.leftovers()); commit && after != before+3 || !commit && after != before {
				t.Errorf("%d more objects after the second collection; committed: %v", after-before, commit)
			}
		})
	}
}

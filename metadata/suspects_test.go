package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// cleaner is a database in front of backends in memory. It logs the calls that remove something from a backend.
type cleaner struct {
	*metadata.DB
	kv     *brokenKV
	blobs  watchedBlobs
	layers watchedLayers
	held   content.Writer // stays open between calls; may be nil
	*backendCalls
}

// backendCalls are the calls of both backends.
type backendCalls struct {
	removals []string
	walks    int
	fails    string // the kind of the next call that fails, after its effect if it is not a removal
	onCall   func() // called before each removal
	refused  bool   // a removal was refused: no cleaning tries it again before the next deletion of a snapshot
}

func (c *backendCalls) fail(kind string) error {
	switch c.fails {
	case kind:
		c.fails = ""
		return errBroken
	case "refuse to " + kind:
		c.fails, c.refused = "", true
		return errdefs.ErrFailedPrecondition
	}
	return nil
}

func (c *backendCalls) removal(kind, key string) error {
	if c.onCall != nil {
		c.onCall()
	}
	c.removals = append(c.removals, kind+" "+key)
	return c.fail(kind)
}

type watchedBlobs struct {
	*backend.Content
	calls *backendCalls
}

func (b watchedBlobs) Walk(ctx context.Context, fn content.WalkFunc, fs ...string) error {
	b.calls.walks++
	return b.Content.Walk(ctx, fn, fs...)
}

func (b watchedBlobs) Delete(ctx context.Context, dgst digest.Digest) error {
	if err := b.calls.removal("delete", dgst.String()); err != nil {
		return err
	}
	return b.Content.Delete(ctx, dgst)
}

func (b watchedBlobs) Abort(ctx context.Context, ref string) error {
	if err := b.calls.removal("abort", ref); err != nil {
		return err
	}
	return b.Content.Abort(ctx, ref)
}

func (b watchedBlobs) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	w, err := b.Content.Writer(ctx, opts...)
	if err != nil {
		return nil, err
	}
	if err := b.calls.fail("writer"); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return watchedWriter{w, b.calls}, nil
}

type watchedWriter struct {
	content.Writer
	calls *backendCalls
}

func (w watchedWriter) Commit(ctx context.Context, size int64, dgst digest.Digest, opts ...content.Opt) error {
	return errors.Join(w.Writer.Commit(ctx, size, dgst, opts...), w.calls.fail("commit blob"))
}

type watchedLayers struct {
	*backend.Snapshotter
	calls *backendCalls
}

func (l watchedLayers) Walk(ctx context.Context, fn snapshots.WalkFunc, fs ...string) error {
	l.calls.walks++
	return l.Snapshotter.Walk(ctx, fn, fs...)
}

func (l watchedLayers) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	mounts, err := l.Snapshotter.Prepare(ctx, key, parent, opts...)
	return mounts, errors.Join(err, l.calls.fail("prepare"))
}

func (l watchedLayers) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	if err := l.calls.fail("commit snapshot, before its effect"); err != nil {
		return err
	}
	return errors.Join(l.Snapshotter.Commit(ctx, name, key, opts...), l.calls.fail("commit snapshot"))
}

func (l watchedLayers) Remove(ctx context.Context, key string) error {
	if err := l.calls.removal("remove", key); err != nil {
		return err
	}
	return l.Snapshotter.Remove(ctx, key)
}

// newCleaner returns an empty database whose clock is now.
func newCleaner(t *testing.T, now func() time.Time, opts ...metadata.DBOpt) *cleaner {
	calls := &backendCalls{}
	c := &cleaner{
		kv:           &brokenKV{memkv.New(), -1},
		blobs:        watchedBlobs{backend.NewContent(now), calls},
		layers:       watchedLayers{backend.NewSnapshotter(now, "/"), calls},
		backendCalls: calls,
	}
	c.DB = metadata.NewDB(c.kv, c.blobs, map[string]snapshots.Snapshotter{"layers": c.layers},
		append(opts, metadata.WithClock(now), metadata.WithSerialCleanup)...)
	if err := c.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// fork replaces c by a fork of itself.
func (c *cleaner) fork() {
	calls := &backendCalls{removals: c.removals, walks: c.walks, refused: c.refused}
	f := &cleaner{
		kv:           &brokenKV{c.kv.Fork(), -1},
		blobs:        watchedBlobs{c.blobs.Fork(nil), calls},
		layers:       watchedLayers{c.layers.Fork(nil), calls},
		backendCalls: calls,
	}
	f.DB = c.DB.Fork(f.kv, f.blobs, map[string]snapshots.Snapshotter{"layers": f.layers})
	*c = *f
}

// state describes everything that a client or a backend can show.
func (c *cleaner) state(t *testing.T) string {
	var all []string
	err := c.blobs.Content.Walk(t.Context(), func(info content.Info) error {
		all = append(all, "blob "+info.Digest.String())
		return nil
	})
	err = errors.Join(err, c.blobs.WalkStatusRefs(t.Context(), func(ref string) error {
		all = append(all, "ingest "+ref)
		return nil
	}))
	err = errors.Join(err, c.layers.Snapshotter.Walk(t.Context(), func(_ context.Context, info snapshots.Info) error {
		all = append(all, "snapshot "+info.Name)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("records %v\n%s\nremovals:\n%s", c.kv.Hash(), strings.Join(all, "\n"), strings.Join(c.removals, "\n"))
}

// collect collects, and cancels its context in the removal with the given number.
func (c *cleaner) collect(ctx context.Context, cancelAt int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	c.onCall = func() {
		if n++; n == cancelAt {
			cancel()
		}
	}
	_, err := c.GarbageCollect(ctx)
	c.onCall = nil
	return err
}

// A cleaningCall is a call that leads to work for a cleaning.
type cleaningCall struct {
	name string
	do   func(ctx context.Context, c *cleaner) error
}

// drawCleaningCall draws a call on a few objects, so that calls meet.
func drawCleaningCall(r *rand.Rand) cleaningCall {
	data := fmt.Sprint("data", r.IntN(5))
	dgst := digest.FromString(data)
	ref := fmt.Sprint("ref", r.IntN(4))
	key, name, parent := fmt.Sprint("key", r.IntN(4)), fmt.Sprint("name", r.IntN(5)), ""
	if r.IntN(2) == 0 {
		parent = fmt.Sprint("name", r.IntN(5))
	}
	labels := map[string]string{}
	if r.IntN(2) == 0 {
		labels["containerd.io/gc.root"] = "yes"
	}
	want := ocispec.Descriptor{}
	if r.IntN(2) == 0 {
		want = ocispec.Descriptor{Digest: dgst, Size: int64(len(data))}
	}
	open := func(ctx context.Context, c *cleaner) (content.Writer, error) {
		w, err := c.ContentStore().Writer(ctx, content.WithRef(ref), content.WithDescriptor(want))
		if err != nil {
			return nil, err
		}
		if status, err := w.Status(); err == nil && status.Offset < int64(len(data)) {
			_, err = w.Write([]byte(data)[status.Offset:])
			if err != nil {
				return w, err
			}
		}
		return w, nil
	}
	switch r.IntN(17) {
	case 15:
		return cleaningCall{"commit " + name + " and " + key + " on it", func(ctx context.Context, c *cleaner) error {
			layers := c.Snapshotter("layers")
			err := layers.Commit(ctx, name, key, snapshots.WithLabels(labels))
			if err == nil {
				_, err = layers.Prepare(ctx, key, name, snapshots.WithLabels(labels))
			}
			return err
		}}
	case 16:
		return cleaningCall{"abort and open again " + ref, func(ctx context.Context, c *cleaner) error {
			if err := c.ContentStore().Abort(ctx, ref); err != nil {
				return err
			}
			w, err := open(ctx, c)
			if err == nil {
				err = w.Close()
			}
			return err
		}}
	case 12:
		return cleaningCall{"open and hold " + ref + " " + data, func(ctx context.Context, c *cleaner) error {
			if c.held != nil {
				c.held.Close()
			}
			w, err := c.ContentStore().Writer(ctx, content.WithRef(ref), content.WithDescriptor(want))
			if c.held = w; err != nil {
				c.held = nil
			}
			return err
		}}
	case 13:
		return cleaningCall{"write to the held writer " + data, func(_ context.Context, c *cleaner) error {
			if c.held == nil {
				return nil
			}
			_, err := c.held.Write([]byte(data))
			return err
		}}
	case 14:
		return cleaningCall{"commit the held writer", func(ctx context.Context, c *cleaner) error {
			if c.held == nil {
				return nil
			}
			w := c.held
			c.held = nil
			return errors.Join(w.Commit(ctx, 0, "", content.WithLabels(labels)), w.Close())
		}}
	case 0, 1:
		return cleaningCall{"ingest " + ref + " " + data, func(ctx context.Context, c *cleaner) error {
			w, err := open(ctx, c)
			if err == nil {
				err = w.Close()
			}
			return err
		}}
	case 2, 3:
		lease := r.IntN(8) == 0
		return cleaningCall{"ingest and commit " + ref + " " + data, func(ctx context.Context, c *cleaner) error {
			w, err := open(ctx, c)
			if err != nil {
				return err
			}
			if lease {
				ctx = leases.WithLease(ctx, "missing")
			}
			return errors.Join(w.Commit(ctx, 0, "", content.WithLabels(labels)), w.Close())
		}}
	case 4:
		return cleaningCall{"abort " + ref, func(ctx context.Context, c *cleaner) error { return c.ContentStore().Abort(ctx, ref) }}
	case 5:
		return cleaningCall{"delete " + data, func(ctx context.Context, c *cleaner) error { return c.ContentStore().Delete(ctx, dgst) }}
	case 6, 7, 8:
		return cleaningCall{"prepare " + key + " " + parent, func(ctx context.Context, c *cleaner) error {
			_, err := c.Snapshotter("layers").Prepare(ctx, key, parent, snapshots.WithLabels(labels))
			return err
		}}
	case 9:
		return cleaningCall{"commit " + name + " " + key, func(ctx context.Context, c *cleaner) error {
			return c.Snapshotter("layers").Commit(ctx, name, key, snapshots.WithLabels(labels))
		}}
	case 10:
		return cleaningCall{"remove " + key, func(ctx context.Context, c *cleaner) error { return c.Snapshotter("layers").Remove(ctx, key) }}
	default:
		return cleaningCall{"remove " + name, func(ctx context.Context, c *cleaner) error { return c.Snapshotter("layers").Remove(ctx, name) }}
	}
}

// unnamed returns the parts of the backends that no record names, without snapshots if the removal of one was refused.
func (c *cleaner) unnamed(t *testing.T) (parts []string) {
	named := map[string]bool{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	note := func(part string) {
		if !named[part] {
			parts = append(parts, part)
		}
	}
	must(c.View(func(tx *memkv.Tx) error {
		all, _ := tx.FrozenAt(schema.KeyVersion1)
		for _, ns := range all.All() {
			for dgst := range bucketAt(ns, schema.KeyContent, schema.KeyBlob).All() {
				named["blob "+dgst] = true
			}
			for _, ingest := range bucketAt(ns, schema.KeyContent, schema.KeyIngests).All() {
				named["ingest "+ingest.Bucket().Text(schema.KeyRef)] = true
				named["blob "+ingest.Bucket().Text(schema.KeyExpected)] = true
			}
			for _, snapshot := range bucketAt(ns, schema.KeySnapshots, "layers").All() {
				named["snapshot "+snapshot.Bucket().Text(schema.KeyName)] = true
			}
		}
		return nil
	}))
	must(c.blobs.Content.Walk(t.Context(), func(info content.Info) error { note("blob " + info.Digest.String()); return nil }))
	must(c.blobs.WalkStatusRefs(t.Context(), func(ref string) error { note("ingest " + ref); return nil }))
	must(c.layers.Snapshotter.Walk(t.Context(), func(_ context.Context, info snapshots.Info) error {
		if !c.refused {
			note("snapshot " + info.Name)
		}
		return nil
	}))
	return parts
}

func bucketAt(e memkv.Entry, path ...string) memkv.Frozen {
	b, _ := e.Bucket().BucketAt(path...)
	return b
}

// TestSuspects compares cleanings that look at suspects with cleanings that walk, after random histories with failed
// and rolled back calls, failed cleanings, cancelled contexts and forks. Both remove the same parts in the same order.
// At the end of a history, a collection without failures leaves only parts that records name, unless cleanings are not
// repeated.
func TestSuspects(t *testing.T) {
	for i, opts := range [][]metadata.DBOpt{
		nil, {metadata.WithPolicyIsolated}, {metadata.WithCleanupOnce},
	} {
		repeated := i < 2
		walks, fewer := 0, 0
		for seed := range uint64(250) {
			r := rand.New(rand.NewPCG(seed, 1))
			hours := 0
			now := func() time.Time { return time.Unix(1<<30, 0).Add(time.Duration(hours) * time.Hour) }
			a, b := newCleaner(t, now, opts...), newCleaner(t, now, append(slices.Clone(opts), metadata.WithCompleteCleanup)...)
			var history []string
			for range 60 {
				step := drawStep(r)
				hours += r.IntN(3) // ingests expire after 24
				history = append(history, step.name)
				errA, errB := step.do(t.Context(), a), step.do(t.Context(), b)
				if fmt.Sprint(errA) != fmt.Sprint(errB) || a.state(t) != b.state(t) {
					t.Fatalf("seed %d after\n%s\nsuspects: %v\n%s\nwalk: %v\n%s", seed, strings.Join(history, "\n"),
						errA, a.state(t), errB, b.state(t))
				}
			}
			walks, fewer = walks+b.walks, fewer+b.walks-a.walks
			for _, c := range []*cleaner{a, b} {
				if c.held != nil {
					c.held.Close()
				}
				if err := c.collect(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				if left := c.unnamed(t); repeated && len(left) > 0 {
					t.Fatalf("seed %d: after\n%s\nand a collection, no record names %v", seed, strings.Join(history, "\n"), left)
				}
			}
		}
		if fewer < walks/10 {
			t.Errorf("cleanings walk %d times, or %d times without suspects", walks-fewer, walks)
		}
	}
}

// TestLastNameOfSharedBlob commits an ingest through a writer that was opened before the ingest shared a blob. The
// ingest was the last name of that blob.
func TestLastNameOfSharedBlob(t *testing.T) {
	c := newCleaner(t, time.Now)
	ctx, other := namespaces.WithNamespace(t.Context(), "ns"), namespaces.WithNamespace(t.Context(), "other")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func(ctx context.Context, data string, desc ocispec.Descriptor) content.Writer {
		w, err := c.ContentStore().Writer(ctx, content.WithRef("ref"), content.WithDescriptor(desc))
		must(err)
		_, err = w.Write([]byte(data))
		must(err)
		return w
	}
	early := open(ctx, "data", ocispec.Descriptor{})
	must(open(other, "shared", ocispec.Descriptor{}).Commit(other, 0, "", content.WithLabels(keep)))
	shared := digest.FromString("shared")
	open(ctx, "", ocispec.Descriptor{Digest: shared})
	must(c.ContentStore().Delete(other, shared))
	must(c.collect(t.Context(), 0))
	if _, err := c.blobs.Info(t.Context(), shared); err != nil {
		t.Errorf("the blob is removed while an ingest shares it: %v", err)
	}
	must(early.Commit(ctx, 0, "", content.WithLabels(keep)))
	must(c.collect(t.Context(), 0))
	if _, err := c.blobs.Info(t.Context(), shared); !errdefs.IsNotFound(err) {
		t.Errorf("the blob remains without a name: %v", err)
	}
}

// drawStep draws a call, a transaction of several calls, a collection, or a fork.
func drawStep(r *rand.Rand) cleaningCall {
	ctx := func(ctx context.Context, ns int) context.Context {
		return namespaces.WithNamespace(ctx, fmt.Sprint("ns", ns))
	}
	ns := r.IntN(2)
	switch r.IntN(10) {
	case 0, 1:
		cancelAt := r.IntN(8) - 4
		fails := []string{"", "", "", "delete", "abort", "remove", "refuse to remove"}[r.IntN(7)]
		return cleaningCall{fmt.Sprintf("collect, cancel %d, fail %q", cancelAt, fails), func(ctx context.Context, c *cleaner) error {
			c.fails = fails
			defer func() { c.fails = "" }()
			return c.collect(ctx, cancelAt)
		}}
	case 2:
		if r.IntN(3) == 0 {
			return cleaningCall{"fork", func(_ context.Context, c *cleaner) error { c.fork(); return nil }}
		}
		call := drawCleaningCall(r)
		kinds := []string{"writer", "commit blob", "prepare", "commit snapshot", "commit snapshot, before its effect", "abort"}
		kind := kinds[r.IntN(len(kinds))]
		return cleaningCall{"fail " + kind + " in " + call.name, func(parent context.Context, c *cleaner) error {
			c.fails = kind
			defer func() { c.fails = "" }()
			return call.do(ctx(parent, ns), c)
		}}
	case 3:
		call, after := drawCleaningCall(r), r.IntN(2)
		return cleaningCall{fmt.Sprintf("fail transaction %d of %s", after, call.name), func(parent context.Context, c *cleaner) error {
			c.kv.after = after
			defer func() { c.kv.after = -1 }()
			return call.do(ctx(parent, ns), c)
		}}
	case 4, 5:
		calls := []cleaningCall{drawCleaningCall(r), drawCleaningCall(r), drawCleaningCall(r)}
		commit := r.IntN(2) == 0
		name := fmt.Sprintf("transaction, commit %v: %s, %s, %s", commit, calls[0].name, calls[1].name, calls[2].name)
		fails := []string{"", "", "abort", "commit snapshot", "commit snapshot, before its effect", "commit blob"}[r.IntN(6)]
		return cleaningCall{name + ", fail " + fails, func(parent context.Context, c *cleaner) error {
			c.fails = fails
			defer func() { c.fails = "" }()
			return c.Update(func(tx *memkv.Tx) error {
				for _, call := range calls {
					_ = call.do(metadata.WithTransactionContext(ctx(parent, ns), tx), c) // the transaction goes on
				}
				if !commit {
					return errBroken
				}
				return nil
			})
		}}
	}
	call := drawCleaningCall(r)
	return cleaningCall{call.name, func(parent context.Context, c *cleaner) error { return call.do(ctx(parent, ns), c) }}
}

package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// backendLog records the removals that backends are called for, in order, and injects errors.
type backendLog struct {
	calls []string
	fails map[string]error // by call
	hook  func(call string)
}

func (l *backendLog) note(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	l.calls = append(l.calls, call)
	if l.hook != nil {
		l.hook(call)
	}
	return l.fails[call]
}

// blobs is a content backend that lists the given blobs and ingests, in the given order.
type blobs struct {
	content.Store
	*backendLog
	digests, refs []string
}

func (b blobs) Walk(_ context.Context, fn content.WalkFunc, _ ...string) error {
	for _, dgst := range b.digests {
		if err := fn(content.Info{Digest: digest.Digest(dgst)}); err != nil {
			return err
		}
	}
	return b.fails["walk"]
}

func (b blobs) ListStatuses(context.Context, ...string) (statuses []content.Status, err error) {
	for _, ref := range b.refs {
		statuses = append(statuses, content.Status{Ref: ref})
	}
	return statuses, nil
}

func (b blobs) Delete(_ context.Context, dgst digest.Digest) error { return b.note("delete %s", dgst) }
func (b blobs) Abort(_ context.Context, ref string) error          { return b.note("abort %s", ref) }

// layers is a snapshotter backend that lists the given snapshots, in the given order.
type layers struct {
	snapshots.Snapshotter
	*backendLog
	infos []snapshots.Info
}

func (l layers) Walk(ctx context.Context, fn snapshots.WalkFunc, _ ...string) error {
	for _, info := range l.infos {
		if err := fn(ctx, info); err != nil {
			return err
		}
	}
	return l.fails["walk"]
}

func (l layers) Remove(_ context.Context, key string) error { return l.note("remove %s", key) }
func (l layers) Cleanup(context.Context) error              { return l.note("cleanup") }

var (
	unsortedBlobs = blobs{
		digests: []string{"sha256:c", "sha256:a", "sha256:b"},
		refs:    []string{"default/1/z", "default/1/y", "default/1/x"},
	}
	unsortedLayers = layers{infos: []snapshots.Info{
		{Name: "b1", Parent: "b"}, {Name: "named", Parent: "a"}, {Name: "b"}, {Name: "a2", Parent: "a"},
		{Name: "lost", Parent: "missing"}, {Name: "itself", Parent: "itself"}, {Name: "a"}, {Name: "a1", Parent: "a"},
	}}
	allCalls = []string{
		"remove a1", "remove a2", "remove a", "remove b1", "remove b", "cleanup",
		"delete sha256:a", "delete sha256:c", "abort default/1/x", "abort default/1/z",
	}
)

// cleaned returns a database in front of unsorted backends. It names a blob, an ingest and a snapshot of these
// backends. None of its records are garbage, but a new database marks its backends as dirty.
func cleaned(t *testing.T, opts ...metadata.DBOpt) (*metadata.DB, *backendLog) {
	t.Helper()
	log := &backendLog{fails: map[string]error{}}
	b, l := unsortedBlobs, unsortedLayers
	b.backendLog, l.backendLog = log, log
	db := metadata.NewDB(memkv.New(), b, map[string]snapshots.Snapshotter{"layers": l},
		append(opts, metadata.WithSerialCleanup)...)
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	later, err := time.Unix(1<<40, 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *memkv.Tx) error {
		return errors.Join(
			store(tx, "root", "v1", "default", "content", "blob", "sha256:b", "labels", "containerd.io/gc.root"),
			store(tx, "default/1/y", "v1", "default", "content", "ingests", "y", "ref"),
			store(tx, string(later), "v1", "default", "content", "ingests", "y", "expireat"),
			store(tx, "named", "v1", "default", "snapshots", "layers", "key", "name"),
			store(tx, "root", "v1", "default", "snapshots", "layers", "key", "labels", "containerd.io/gc.root"))
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, log
}

func store(tx *memkv.Tx, value string, path ...string) error {
	b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
	for _, name := range path[1 : len(path)-1] {
		if err != nil {
			return err
		}
		b, err = b.CreateBucketIfNotExists([]byte(name))
	}
	if err != nil {
		return err
	}
	return b.Put([]byte(path[len(path)-1]), []byte(value))
}

// collect checks the backend calls of a collection.
func (l *backendLog) collect(t *testing.T, ctx context.Context, db *metadata.DB, want ...string) {
	t.Helper()
	l.calls = nil
	if _, err := db.GarbageCollect(ctx); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.calls, want) {
		t.Errorf("got  %q\nwant %q", l.calls, want)
	}
}

func TestCleanupOrder(t *testing.T) {
	db, log := cleaned(t)
	log.collect(t, t.Context(), db, allCalls...)
	log.collect(t, t.Context(), db) // already clean
}

// TestCleanupAtOnce uses two backends whose walks wait for each other.
func TestCleanupAtOnce(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	meet := func() {
		both.Done()
		both.Wait()
	}
	b, l := blobs{backendLog: &backendLog{}}, layers{backendLog: &backendLog{}}
	db := metadata.NewDB(memkv.New(), meetingBlobs{b, meet}, map[string]snapshots.Snapshotter{"layers": meetingLayers{l, meet}})
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.GarbageCollect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"cleanup"}; !slices.Equal(l.calls, want) {
		t.Errorf("calls of the snapshotter %q, want %q", l.calls, want)
	}
}

type meetingBlobs struct {
	blobs
	meet func()
}

func (b meetingBlobs) Walk(ctx context.Context, fn content.WalkFunc, filters ...string) error {
	b.meet()
	return b.blobs.Walk(ctx, fn, filters...)
}

type meetingLayers struct {
	layers
	meet func()
}

func (l meetingLayers) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	l.meet()
	return l.layers.Walk(ctx, fn, filters...)
}

func TestCleanupOnce(t *testing.T) {
	db, log := cleaned(t, metadata.WithCleanupOnce)
	log.collect(t, t.Context(), db)
}

// TestCleanupFails fails each call once: the backend stays dirty, and the next collection repeats all its calls.
func TestCleanupFails(t *testing.T) {
	const ofLayers = 6
	for i, call := range allCalls {
		t.Run(call, func(t *testing.T) {
			db, log := cleaned(t)
			log.fails[call] = errors.New("broken")
			if i < ofLayers {
				log.collect(t, t.Context(), db, append(slices.Clone(allCalls[:i+1]), allCalls[ofLayers:]...)...)
				delete(log.fails, call)
				log.collect(t, t.Context(), db, allCalls[:ofLayers]...)
			} else {
				log.collect(t, t.Context(), db, allCalls[:i+1]...)
				delete(log.fails, call)
				log.collect(t, t.Context(), db, allCalls[ofLayers:]...)
			}
			log.collect(t, t.Context(), db)
		})
	}
}

func TestCleanupWalkFails(t *testing.T) {
	db, log := cleaned(t)
	log.fails["walk"] = errors.New("broken")
	log.collect(t, t.Context(), db)
	stats, err := db.GarbageCollect(t.Context())
	if s, ok := stats.(metadata.GCStats); err != nil || !ok || s.ContentD != 0 || s.SnapshotD["layers"] != 0 {
		t.Errorf("%+v, %v: durations of clean-ups that failed", stats, err)
	}
	log.fails["walk"] = nil
	log.collect(t, t.Context(), db, allCalls...)
}

// TestCleanupOfLoop uses a snapshotter that lists a snapshot twice, once as its own parent.
func TestCleanupOfLoop(t *testing.T) {
	log := &backendLog{}
	loop := layers{backendLog: log, infos: []snapshots.Info{{Name: "a"}, {Name: "a", Parent: "a"}}}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": loop})
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.collect(t, t.Context(), db, "remove a", "remove a", "cleanup")
}

// TestCleanupRefused uses a snapshotter that refuses to remove a snapshot, a snapshotter that has never held any, and a
// snapshotter that is not a Cleaner.
func TestCleanupRefused(t *testing.T) {
	db, log := cleaned(t)
	log.fails["remove a"] = errdefs.ErrFailedPrecondition
	log.fails["cleanup"] = errdefs.ErrNotImplemented
	log.collect(t, t.Context(), db, allCalls...)
	log.collect(t, t.Context(), db)

	log.fails["walk"] = errdefs.ErrNotFound
	empty := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers{backendLog: log}})
	if err := empty.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.collect(t, t.Context(), empty)
	log.fails["walk"] = nil
	log.collect(t, t.Context(), empty)
}

// TestCleanupEnds cancels the context of a collection at each of its backend calls.
func TestCleanupEnds(t *testing.T) {
	for i, call := range allCalls[:len(allCalls)-1] {
		t.Run(call, func(t *testing.T) {
			db, log := cleaned(t)
			ctx, cancel := context.WithCancel(t.Context())
			log.hook = func(c string) {
				if c == call {
					cancel()
				}
			}
			last := i + 1
			if call == "remove b" {
				last++ // only the backend's own Cleanup remains
			}
			log.collect(t, ctx, db, allCalls[:last]...)
			log.hook = nil
			log.collect(t, t.Context(), db, allCalls[restart(i):]...)
		})
	}
}

// restart returns the first call of the collection after a collection that ended in call i: the first call of the first
// unfinished backend.
func restart(i int) int {
	if i < 4 {
		return 0
	}
	return 6
}

// TestCleanupParksOthers hangs a backend under virtual time while a writer waits for the lock of its cleaning. No
// goroutine blocks, and only the writer waits.
func TestCleanupParksOthers(t *testing.T) {
	s := &coroutines{}
	db, log := cleaned(t, metadata.WithScheduler(s), metadata.WithClock(s.now))
	log.hook = func(call string) {
		if call == "delete sha256:a" {
			s.sleep(time.Hour)
		}
	}
	var order []string
	done := func(what string, err error) {
		order = append(order, fmt.Sprintf("%s after %v: %v", what, s.elapsed, err))
	}
	s.run(
		func() {
			_, err := db.GarbageCollect(t.Context())
			done("collection", err)
		},
		func() {
			s.sleep(time.Minute) // until the cleaning runs
			done("abort", db.ContentStore().Abort(inDefault, "y"))
		},
		func() {
			s.sleep(2 * time.Minute)
			_, err := db.ContentStore().Info(inDefault, "sha256:b")
			done("info", err)
		},
	)
	want := []string{"info after 2m0s: <nil>", "collection after 1h0m0s: <nil>", "abort after 1h0m0s: <nil>"}
	if !slices.Equal(order, want) {
		t.Errorf("got  %q\nwant %q", order, want)
	}
}

// coroutines is a scheduler that runs one coroutine at a time. Its clock advances only while all coroutines sleep or
// wait.
type coroutines struct {
	elapsed time.Duration
	yield   func(func() bool) bool // of the running coroutine
}

func (s *coroutines) now() time.Time { return time.Unix(0, 0).Add(s.elapsed) }

// Park implements lock.Scheduler.
func (s *coroutines) Park(ready func() bool) {
	yield := s.yield
	yield(ready)
	s.yield = yield
}

func (s *coroutines) sleep(d time.Duration) {
	until := s.elapsed + d
	s.Park(func() bool { return s.elapsed >= until })
}

func (s *coroutines) run(actors ...func()) {
	type actor struct {
		next  func() (func() bool, bool)
		ready func() bool
	}
	var all []*actor
	for _, act := range actors {
		next, stop := iter.Pull(func(yield func(func() bool) bool) {
			s.yield = yield
			act()
		})
		defer stop()
		all = append(all, &actor{next, func() bool { return true }})
	}
	for len(all) > 0 {
		i := slices.IndexFunc(all, func(a *actor) bool { return a.ready() })
		if i < 0 {
			s.elapsed += time.Minute
			continue
		}
		if ready, ok := all[i].next(); ok {
			all[i].ready = ready
		} else {
			all = slices.Delete(all, i, i+1)
		}
	}
}

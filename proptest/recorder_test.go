package proptest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

// recordedSetups change the setup of a node that is recorded. A recording keeps the options.
var recordedSetups = map[string]func(*engine.Setup){
	"the default": func(*engine.Setup) {},
	"a start, a seed and named parts": func(s *engine.Setup) {
		start := engine.Start.Add(time.Hour)
		s.Start, s.Seed, s.NamedParts = &start, 7, true
	},
	"a schedule": func(s *engine.Setup) {
		settings := schedule.Defaults()
		settings.StartupDelay = 7 * time.Second
		s.Unscheduled, s.Schedule = false, &settings
	},
}

// TestRecorder checks laws on the stores of an engine.Recorder, and that a replay of each recording ends in the same
// state. So a client of the recorder's stores sees what a client of the node sees, and the recording has every call.
func TestRecorder(t *testing.T) {
	for name, change := range recordedSetups {
		t.Run(name, func(t *testing.T) {
			newSystem := func(setup engine.Setup) (proptest.System, error) {
				change(&setup)
				return newRecorded(t, setup)
			}
			report := proptest.Check(newSystem, proptest.WithCases(15/slower), proptest.WithLaws(
				proptest.AgreesWithModel, proptest.CrashLeavesSoundState, proptest.PlanEqualsCollection, proptest.FailedCall,
				proptest.TransactionsEqualCalls, proptest.EventsMatch, proptest.ReadsShowRecords, proptest.IsolatedContent,
			))
			if report.Err != nil {
				t.Fatal(report.Err)
			}
			for _, l := range report.Laws {
				if l.Absent != "" {
					t.Errorf("%s was skipped: no promise %q", l.Law, l.Absent)
				}
			}
			for _, f := range report.Failures() {
				t.Error(f)
			}
		})
	}
}

// A recordedSystem applies Ops to the stores of a recorder.
type recordedSystem struct {
	*stores.Node
	t        *testing.T
	engine   *engine.Engine
	state    proptest.System // shows the state of the engine
	recorder *engine.Recorder
}

func newRecorded(t *testing.T, setup engine.Setup) (proptest.System, error) {
	opts, err := setup.Options()
	if err != nil {
		return nil, err
	}
	node, err := engine.New(opts...)
	if err != nil {
		return nil, err
	}
	r, err := engine.Record(node)
	if err != nil {
		return nil, err
	}
	s := &recordedSystem{t: t, engine: node, state: proptest.OnEngine(node, setup), recorder: r}
	snapshotters := map[string]snapshots.Snapshotter{}
	for _, name := range setup.Snapshotters {
		snapshotters[name] = r.Snapshotter(name)
	}
	s.Node = stores.New(stores.Stores{
		Images: r.Images(), Containers: r.Containers(), Sandboxes: r.Sandboxes(), Leases: r.Leases(), Content: r.Content(),
		Snapshotters: snapshotters,
		Namespaces:   func(_ context.Context, fn func(namespaces.Store) error) error { return fn(r.Namespaces()) },
		Collect: func(ctx context.Context) error {
			_, err := r.Collect(ctx)
			return err
		},
		Begin: s.begin,
		More: map[op.Name]func(engine.Op) (any, error){
			op.ClockAdvance: s.direct, op.Events: s.direct, op.Plan: s.direct, op.FaultsSet: s.direct, op.FaultsClear: s.direct,
			op.NodeCrash: func(o engine.Op) (any, error) {
				s.Drop()
				return s.direct(o)
			},
		},
	})
	return s, nil
}

// direct passes an Op of the environment to the recorder.
func (s *recordedSystem) direct(o engine.Op) (any, error) {
	r := s.recorder.Apply(s.t.Context(), o)
	return r.Value, r.Err()
}

func (s *recordedSystem) Promises() []proptest.Promise {
	return []proptest.Promise{
		proptest.Clock, proptest.Rewinds, proptest.OwnClock, proptest.Isolation, proptest.Versions, proptest.Plans,
		proptest.Events, proptest.Transactions, proptest.Crashes, proptest.Faults, proptest.Tidies,
	}
}

func (s *recordedSystem) State() (proptest.State, error) { return s.state.State() }

// Close makes the calls that histories lack, ends the recording and replays it.
func (s *recordedSystem) Close() error {
	s.Drop()
	if err := s.useRest(); err != nil {
		s.t.Error(err)
	}
	var trace bytes.Buffer
	if _, err := s.recorder.WriteTo(&trace); err != nil {
		s.t.Error(err)
	}
	replayed, err := engine.Replay(s.t.Context(), bytes.NewReader(trace.Bytes()), nil)
	if err != nil {
		s.t.Error(err)
		return err
	}
	if replayed.Hash() != s.engine.Hash() {
		s.t.Errorf("a replay ends in another state:\n%s", trace.String())
	}
	return errors.Join(replayed.Close(), s.engine.Close())
}

// An openUpdate is a call of Recorder.Update that is suspended until its end is decided.
type openUpdate struct {
	tx     *memkv.Tx
	commit bool
	err    error
	next   func() (*memkv.Tx, bool)
}

var errRolledBack = errors.New("rolled back")

func (s *recordedSystem) begin() (stores.Transaction, error) {
	u := &openUpdate{}
	u.next, _ = iter.Pull(func(yield func(*memkv.Tx) bool) {
		u.err = s.recorder.Update(func(tx *memkv.Tx) error {
			if !yield(tx) || !u.commit {
				return errRolledBack
			}
			return nil
		})
	})
	var ok bool
	if u.tx, ok = u.next(); !ok {
		return nil, u.err
	}
	return u, nil
}

func (u *openUpdate) Within(ctx context.Context) context.Context {
	return boltutil.WithTransaction(ctx, u.tx)
}

func (u *openUpdate) Commit() error {
	u.commit = true
	u.next()
	return u.err
}

func (u *openUpdate) Rollback() error {
	if u.next(); !errors.Is(u.err, errRolledBack) {
		return fmt.Errorf("a transaction that is rolled back returns %v", u.err)
	}
	return nil
}

// useRest makes calls that no history makes, and compares their results with the state.
func (s *recordedSystem) useRest() error {
	for _, o := range []engine.Op{{Name: op.FaultsClear}, {Name: op.NodeRestart}, {Name: op.ScheduleTrigger}} {
		if _, err := s.direct(o); err != nil {
			return err
		}
	}
	s.recorder.Trigger()
	if _, _, err := s.recorder.RunDue(s.t.Context()); err != nil {
		return err
	}
	ctx := namespaces.WithNamespace(s.t.Context(), "rest")
	return errors.Join(s.useNamespaces(ctx), s.useContent(ctx), s.useSnapshots(ctx), s.readBlobs())
}

func (s *recordedSystem) useNamespaces(ctx context.Context) error {
	all := s.recorder.Namespaces()
	err := errors.Join(all.Create(ctx, "rest", map[string]string{"a": "b"}), all.SetLabel(ctx, "rest", "c", "d"))
	labels, lerr := all.Labels(ctx, "rest")
	names, nerr := all.List(ctx)
	var stored []string
	verr := s.recorder.View(func(tx *memkv.Tx) error {
		for name := range tx.Freeze().All() {
			if name != "v1" {
				return errors.New("the view has a bucket " + name)
			}
		}
		return tx.BucketAt("v1").ForEachBucket(func(name []byte) error {
			stored = append(stored, string(name))
			return nil
		})
	})
	if err := errors.Join(err, lerr, nerr, verr); err != nil {
		return err
	}
	if !slices.Equal(names, stored) || !maps.Equal(labels, map[string]string{"a": "b", "c": "d"}) {
		return fmt.Errorf("namespaces %v and not %v; labels %v", names, stored, labels)
	}
	return nil
}

func (s *recordedSystem) useContent(ctx context.Context) error {
	store, data := s.recorder.Content(), []byte("the rest")
	dgst := digest.FromBytes(data)
	w, err := store.Writer(ctx, content.WithRef("rest"))
	if err != nil {
		return err
	}
	_, err = w.Write([]byte("wrong"))
	if err = errors.Join(err, w.Truncate(0)); err != nil {
		return err
	}
	if n, err := w.Write(data); n != len(data) || err != nil {
		return fmt.Errorf("%d bytes written: %w", n, err)
	}
	own, err := w.Status()
	status, serr := store.Status(ctx, "rest")
	list, lerr := store.ListStatuses(ctx)
	if err := errors.Join(err, serr, lerr); err != nil {
		return err
	}
	if own.Offset != int64(len(data)) || status.Offset != own.Offset || len(list) != 1 || list[0].Offset != own.Offset || w.Digest() != dgst {
		return fmt.Errorf("the writer says %+v, the store %+v and %+v; digest %s", own, status, list, w.Digest())
	}
	return errors.Join(w.Commit(ctx, int64(len(data)), dgst), w.Close(), w.Close())
}

func (s *recordedSystem) useSnapshots(ctx context.Context) error {
	snapshotter, usage := s.recorder.Snapshotter("s"), snapshots.Usage{Size: 7, Inodes: 3}
	made, err := snapshotter.Prepare(ctx, "rest", "")
	if err = errors.Join(err, s.recorder.SetUsage(ctx, "s", "rest", usage)); err != nil {
		return err
	}
	got, err := snapshotter.Usage(ctx, "rest")
	mounts, merr := snapshotter.Mounts(ctx, "rest")
	if err := errors.Join(err, merr); err != nil {
		return err
	}
	if got != usage || len(mounts) == 0 || !reflect.DeepEqual(mounts, made) {
		return fmt.Errorf("usage %v, mounts %v and not %v", got, mounts, made)
	}
	return errors.Join(s.useContexts(ctx), snapshotter.Close())
}

// useContexts makes calls with a time of creation and with a deadline in the context.
func (s *recordedSystem) useContexts(ctx context.Context) error {
	at := time.Unix(1e9, 0).UTC()
	target := ocispec.Descriptor{Digest: digest.FromString("x"), Size: 1, MediaType: "x"}
	image, err := s.recorder.Images().Create(epoch.WithSourceDateEpoch(ctx, &at), images.Image{Name: "rest", Target: target})
	if err != nil || !image.CreatedAt.Equal(at) {
		return fmt.Errorf("an image was created at %s instead of %s: %w", image.CreatedAt, at, err)
	}
	hang := engine.Fault{On: "snapshots/s", Call: "prepare", Hang: true}
	if _, err := s.direct(engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "rest", Fault: hang}}); err != nil {
		return err
	}
	before := s.engine.Clock().Now()
	late, cancel := s.engine.Clock().WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err = s.recorder.Snapshotter("s").Prepare(late, "late", "")
	if took := s.engine.Clock().Now().Sub(before); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
		return fmt.Errorf("a call with a timeout of 3 s took %s: %w", took, err)
	}
	return nil
}

// readBlobs reads all blobs. Each must match its digest.
func (s *recordedSystem) readBlobs() error {
	state, err := s.State()
	if err != nil {
		return err
	}
	return state.Metadata.View(func(tx *memkv.Tx) error {
		all, _ := tx.Freeze().Bucket("v1")
		for ns, space := range all.All() {
			ctx := namespaces.WithNamespace(s.t.Context(), ns)
			records, _ := space.Bucket().BucketAt("content", "blob")
			for name := range records.All() {
				data, err := content.ReadBlob(ctx, s.recorder.Content(), ocispec.Descriptor{Digest: digest.Digest(name)})
				if err != nil {
					return err
				}
				if digest.FromBytes(data).String() != name {
					return fmt.Errorf("%s in %s reads as %q", name, ns, data)
				}
			}
		}
		return nil
	})
}

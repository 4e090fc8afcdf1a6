package proptest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"

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
			new := func(setup engine.Setup) (proptest.System, error) {
				change(&setup)
				return newRecorded(t, setup)
			}
			report := proptest.Check(new, proptest.WithCases(15/slower), proptest.WithLaws(
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

// Close ends the recording and replays it.
func (s *recordedSystem) Close() error {
	s.Drop()
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
	if u.next(); u.err != errRolledBack {
		return u.err
	}
	return nil
}

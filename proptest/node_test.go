package proptest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

func newNode(t *testing.T, opts ...engine.Option) *engine.Engine {
	t.Helper()
	node, err := engine.New(append([]engine.Option{engine.WithSnapshotters("s")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	return node
}

func imageOp(ns string) engine.Op {
	image := images.Image{Name: "i", Target: ocispec.Descriptor{Digest: generate.DigestOf("a"), Size: 1, MediaType: "x"}}
	return engine.Op{Name: op.ImagesCreate, Header: engine.Header{NS: ns}, Args: op.ImageRecord{Image: image}}
}

// TestTurns starts, resumes, cancels and abandons calls that wait, and moves the clock. A list of the calls with their
// times predicts each result.
func TestTurns(t *testing.T) {
	type waiting struct {
		until, deadline time.Time
		ended           op.Code // by a cancel or a deadline
	}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 6))
		node := newNode(t, engine.WithTurns(), engine.WithoutSchedule())
		header := engine.Header{NS: "a"}
		must(t, node, op.OK, engine.Op{Name: op.SnapshotsPrepare, Header: header, Args: op.SnapshotCreate{Snapshotter: "s", Key: "k"}})
		calls, codes := map[string]*waiting{}, []string{}
		named := func(name op.Name, call string) engine.Op { return engine.Op{Name: name, Args: op.Named{Name: call}} }
		for range 60 {
			now, name := node.Clock().Now(), string(rune('a'+r.IntN(4)))
			c, there := calls[name]
			switch kind := r.IntN(7); kind {
			case 0, 1:
				delay := time.Duration(1+r.IntN(5)) * time.Second
				fault := engine.Fault{On: "snapshots/s", Call: "mounts", Delay: delay}
				must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: fault}})
				call := engine.Op{Name: op.SnapshotsMounts, Header: header, Args: op.Snapshot{Snapshotter: "s", Key: "k"}}
				w := &waiting{until: now.Add(delay)}
				if r.IntN(2) == 0 {
					call.Timeout = time.Duration(1+r.IntN(5)) * time.Second
					w.deadline = now.Add(call.Timeout)
				}
				code := op.Pending
				if call.Call = name; r.IntN(5) == 0 {
					call.Call, code = "", op.FailedPrecondition
				} else if there {
					code = op.AlreadyExists
				}
				before := node.Hash()
				if must(t, node, code, call); node.Hash() != before {
					t.Fatalf("seed %d: a call that waits changed the node", seed)
				}
				if code == op.Pending {
					calls[name] = w
				}
			case 2, 3:
				code := op.NotFound
				if there {
					if code = op.Pending; c.ended != "" {
						code = c.ended
					} else if !now.Before(c.until) {
						code = op.OK
					}
				}
				if must(t, node, code, named(op.CallsResume, name)); code != op.Pending {
					delete(calls, name)
				}
				codes = append(codes, string(code))
			case 4, 5:
				code, verb := op.NotFound, op.CallsCancel
				if there {
					code = op.OK
				}
				if kind == 5 && r.IntN(3) == 0 {
					verb = op.CallsAbandon
				}
				must(t, node, code, named(verb, name))
				if there && verb == op.CallsAbandon {
					delete(calls, name)
				} else if there && c.ended == "" {
					c.ended, c.deadline = op.Canceled, time.Time{}
				}
			default:
				must(t, node, op.OK, engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: time.Duration(r.IntN(3000)) * time.Millisecond}})
				now = node.Clock().Now()
				for _, c := range calls {
					if c.ended == "" && !c.deadline.IsZero() && !now.Before(c.deadline) {
						c.ended, c.deadline = op.DeadlineExceeded, time.Time{}
					}
				}
			}
			now = node.Clock().Now()
			list := []op.WaitingCall{}
			var next any
			for _, name := range slices.Sorted(maps.Keys(calls)) {
				c := calls[name]
				list = append(list, op.WaitingCall{Name: name, Ready: c.ended != "" || !now.Before(c.until)})
				for _, at := range []time.Time{c.until, c.deadline} {
					if was, some := next.(time.Time); !at.IsZero() && (!some || at.Before(was)) {
						next = at
					}
				}
			}
			if got := must(t, node, op.OK, engine.Op{Name: op.CallsList}); !reflect.DeepEqual(got, list) {
				t.Fatalf("seed %d: the waiting calls are %v and not %v", seed, got, list)
			}
			if got := must(t, node, op.OK, engine.Op{Name: op.ClockNext}); !reflect.DeepEqual(got, next) {
				t.Fatalf("seed %d: the next time is %v and not %v", seed, got, next)
			}
			if t.Failed() {
				t.Fatalf("seed %d: results %v", seed, codes)
			}
		}
	}
}

// TestCoroutines closes nodes with calls that wait and transactions that are open. Nothing of them may go on.
func TestCoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		node := newNode(t, engine.WithTurns(), engine.WithoutSchedule())
		header := engine.Header{NS: "a"}
		fault := engine.Fault{On: "snapshots/s", Hang: true}
		must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: fault}})
		for i := range 6 {
			header.Call = fmt.Sprint("c", i)
			must(t, node, op.Pending, engine.Op{Name: op.SnapshotsPrepare, Header: header, Args: op.SnapshotCreate{Snapshotter: "s", Key: "k"}})
		}
		for i := range 5 {
			name, code := op.CallsAbandon, op.OK
			must(t, node, code, engine.Op{Name: name, Args: op.Named{Name: fmt.Sprint("c", i)}})
		}
		must(t, node, op.OK, engine.Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: "r"}})
		open := runtime.NumGoroutine()
		fault = engine.Fault{On: "kv", Call: "view", Kill: true}
		must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: fault}})
		must(t, node, op.Down, engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "a"}})
		if n := runtime.NumGoroutine(); n >= open {
			t.Errorf("a dead daemon has a transaction: %d coroutines, %d before", n, open)
		}
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d coroutines are left", after-before)
	}
}

// TestSetups checks that a recording begins with the setup of its node.
func TestSetups(t *testing.T) {
	later, settings := engine.Start.Add(time.Hour), schedule.Defaults()
	settings.StartupDelay = 7 * time.Second
	names := []string{"native", "overlayfs"}
	for _, want := range []engine.Setup{
		{}, {Isolated: true}, {CleanupOnce: true}, {NamedParts: true}, {Seed: 3}, {Start: &later}, {Unscheduled: true},
		{Schedule: &settings}, {Rules: "1.7"}, {Snapshotters: []string{"b", "a"}},
		{Isolated: true, CleanupOnce: true, NamedParts: true, Seed: 3, Start: &later, Schedule: &settings, Rules: "2.0", Snapshotters: names},
	} {
		want.Holdfast = op.Version
		opts, err := want.Options()
		if err != nil {
			t.Fatal(err)
		}
		node, err := engine.New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := engine.Record(node)
		if err != nil {
			t.Fatal(err)
		}
		var trace bytes.Buffer
		if _, err := r.WriteTo(&trace); err != nil {
			t.Fatal(err)
		}
		read, err := engine.NewTraceReader(&trace)
		if err != nil {
			t.Fatal(err)
		}
		if want.Rules == "" {
			want.Rules = metadata.Newest.String()
		}
		if want.Snapshotters = slices.Sorted(slices.Values(want.Snapshotters)); len(want.Snapshotters) == 0 {
			want.Snapshotters = names
		}
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if want.Start == nil {
			want.Start = &start
		}
		if !reflect.DeepEqual(read.Setup, want) || !node.Clock().Now().Equal(*want.Start) || read.Line() != 1 {
			t.Errorf("a recording begins with %+v and not %+v, at %s", read.Setup, want, node.Clock().Now())
		}
		node.Close()
	}
}

// TestRefusals makes Ops that a node must refuse. Each has its class, and changes nothing.
func TestRefusals(t *testing.T) {
	header := engine.Header{NS: "a"}
	prepare := engine.Op{Name: op.SnapshotsPrepare, Header: header, Args: op.SnapshotCreate{Snapshotter: "s", Key: "k"}}
	placed := op.ContentPlaceArgs{Digest: generate.DigestOf("a"), Size: 3}
	lease := engine.Op{Name: op.LeasesCreate, Header: header, Args: op.LeasesCreateArgs{ID: "l"}}
	fault := func(f engine.Fault) engine.Op {
		return engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "g", Fault: f}}
	}
	usage := func(snapshotter, ns, key string) engine.Op {
		a := op.SnapshotsSetUsageArgs{Snapshotter: snapshotter, Key: key}
		return engine.Op{Name: op.SnapshotsSetUsage, Header: engine.Header{NS: ns}, Args: a}
	}
	in := func(o engine.Op, change func(h *engine.Header)) engine.Op { change(&o.Header); return o }
	named := func(name op.Name, n string) engine.Op { return engine.Op{Name: name, Args: op.Named{Name: n}} }
	begin := func(name string, writable bool) engine.Op {
		return engine.Op{Name: op.TxBegin, Args: op.TxBeginArgs{Name: name, Writable: writable}}
	}
	collector := func(kind int) engine.Op {
		return engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: uint8(kind), Script: engine.Script{Label: "x"}}}
	}
	node := newNode(t, engine.WithoutSchedule())
	for _, o := range []engine.Op{
		prepare, {Name: op.ContentPlace, Args: placed}, named(op.NodeFork, "f"), collector(20), begin("r", false), begin("w", true),
	} {
		must(t, node, op.OK, o)
	}
	type refusal struct {
		code op.Code
		op   engine.Op
	}
	refuse := func(all []refusal) {
		for _, r := range all {
			before, events := node.Hash(), len(node.Events())
			if must(t, node, r.code, r.op); node.Hash() != before || len(node.Events()) != events {
				t.Errorf("%s is refused, and changes the node", r.op)
			}
		}
	}
	refuse([]refusal{
		{op.InvalidArgument, engine.Op{Name: "images.eat"}},
		{op.InvalidArgument, engine.Op{Name: op.ClockAdvance, Args: op.Named{}}},
		{op.InvalidArgument, in(engine.Op{Name: op.ClockNow}, func(h *engine.Header) { h.Timeout = -1 })},
		{op.NotFound, in(engine.Op{Name: op.ClockNow}, func(h *engine.Header) { h.Fork = "g" })},
		{op.NotFound, in(engine.Op{Name: op.LeasesList, Header: header}, func(h *engine.Header) { h.Tx = "none" })},
		{op.FailedPrecondition, lease},
		{op.FailedPrecondition, begin("v", true)},
		{op.AlreadyExists, begin("w", false)},
		{op.InvalidArgument, begin("", false)},
		{op.NotFound, named(op.TxCommit, "none")},
		{op.FailedPrecondition, in(engine.Op{Name: op.Collect}, func(h *engine.Header) { h.Tx = "w" })},
		{op.AlreadyExists, named(op.NodeFork, "f")},
		{op.InvalidArgument, named(op.NodeFork, "")},
		{op.InvalidArgument, named(op.NodeDrop, "")},
		{op.NotFound, named(op.NodeDrop, "none")},
		{op.AlreadyExists, engine.Op{Name: op.ContentPlace, Args: placed}},
		{op.InvalidArgument, engine.Op{Name: op.ContentPlace, Args: op.ContentPlaceArgs{Digest: generate.DigestOf("b"), Size: -1}}},
		{op.InvalidArgument, engine.Op{Name: op.ContentPlace, Args: op.ContentPlaceArgs{Digest: "sha256:1"}}},
		{op.NotFound, engine.Op{Name: op.CollectorsGet, Args: op.CollectorsGetArgs{Type: 21}}},
		{op.NotFound, usage("none", "a", "k")},
		{op.NotFound, usage("s", "a", "none")},
		{op.NotFound, usage("s", "b", "k")},
		{op.FailedPrecondition, usage("s", "", "k")},
		{op.InvalidArgument, fault(engine.Fault{On: "kv", Delay: -1})},
		{op.InvalidArgument, fault(engine.Fault{On: "kv", Error: op.OK})},
		{op.InvalidArgument, fault(engine.Fault{On: "kv", Error: "nonsense"})},
		{op.InvalidArgument, fault(engine.Fault{On: "snapshots/none", Hang: true})},
		{op.InvalidArgument, fault(engine.Fault{On: "kv", Call: "prepare", Hang: true})},
		{op.NotFound, named(op.CallsResume, "c")},
		{op.NotFound, named(op.CallsCancel, "c")},
		{op.NotFound, named(op.CallsAbandon, "c")},
	})
	for text, f := range map[string]engine.Fault{
		`target "snapshots/none"`: {On: "snapshots/none", Hang: true}, `call "prepare"`: {On: "kv", Call: "prepare", Hang: true},
		`fault "g": "nonsense"`: {On: "kv", Error: "nonsense"},
	} {
		if r := node.Apply(t.Context(), fault(f)); !strings.Contains(r.Error, text) {
			t.Errorf("%q lacks %q", r.Error, text)
		}
	}
	must(t, node, op.OK, in(lease, func(h *engine.Header) { h.Tx = "w" }))
	must(t, node, op.OK, in(usage("s", "a", "k"), func(h *engine.Header) { h.Tx = "w" }))
	must(t, node, op.OK, named(op.TxCommit, "w"))
	refuse([]refusal{
		{op.AlreadyExists, lease},
		{op.InvalidArgument, engine.Op{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: -1}}},
		{op.InvalidArgument, collector(int(metadata.ResourceIngest))},
		{op.InvalidArgument, collector(31)},
	})
	must(t, node, op.OK, named(op.TxRollback, "r"))
	must(t, node, op.OK, in(prepare, func(h *engine.Header) { h.Fork, h.NS = "f", "b" }))
	must(t, node, op.NotFound, usage("s", "b", "k"))
}

// TestManyNamespaces makes records in more namespaces than the contexts that a node keeps.
func TestManyNamespaces(t *testing.T) {
	node := newNode(t, engine.WithoutSchedule())
	for round, code := range []op.Code{op.OK, op.AlreadyExists} {
		for i := range 300 {
			if r := node.Apply(context.Background(), imageOp(fmt.Sprint("n", i))); r.Code != code {
				t.Fatalf("round %d, namespace %d: %s", round, i, r.Code)
			}
		}
	}
}

// TestRefusedNodes makes nodes, recorders and traces that cannot be.
func TestRefusedNodes(t *testing.T) {
	for name, opts := range map[string][]engine.Option{
		"a snapshotter without a name": {engine.WithSnapshotters("s", "")},
		"unknown rules":                {engine.WithRules(metadata.Version(99))},
		"two schedulers":               {engine.WithTurns(), engine.WithScheduler(noScheduler{})},
	} {
		if _, err := engine.New(opts...); err == nil {
			t.Errorf("a node with %s", name)
		}
	}
	foreign := func(text string) (string, func() (*engine.Engine, error)) {
		return text, func() (*engine.Engine, error) { return engine.Replay(t.Context(), strings.NewReader(text), nil) }
	}
	const first = `{"holdfast":1}` + "\n"
	for _, text := range []string{"", "\n# only a comment\n", `{"holdfast":99}`, `{"holdfast":1,"rules":"0.1"}`, `{"holdfast":1,"x":1}`, `{`, first + `{"op":"nonsense"}`} {
		if name, replay := foreign(text); !strings.HasPrefix(text, first) {
			if _, err := replay(); err == nil {
				t.Errorf("a node from the trace %q", name)
			}
		} else if node, err := replay(); err == nil || !strings.Contains(err.Error(), "line 2") || node == nil {
			t.Errorf("the error of the second line is %v", err)
		}
	}
	enough := errors.New("enough")
	node, err := engine.Replay(t.Context(), strings.NewReader(first+"\n#\n"+`{"op":"clock.now"}`+"\n"+`{"op":"node.kill"}`), func(_ *engine.Engine, line int, o engine.Op, r engine.Result) error {
		if line != 4 || o.Name != op.ClockNow || r.Code != op.OK {
			t.Errorf("line %d is %s: %s", line, o, r.Code)
		}
		return enough
	})
	if !errors.Is(err, enough) || node.Down() {
		t.Errorf("a replay goes on after %v", err)
	}
	if _, err := engine.ReadBytes([]byte("no database")); err == nil {
		t.Error("a node on no database")
	}
	if _, err := engine.Open(t.TempDir() + "/none"); err == nil {
		t.Error("a node on no file")
	}
}

type noScheduler struct{}

func (noScheduler) Park(func() bool) {}

// TestRefusedRecordings records nodes that a trace cannot describe, and nodes that it can.
func TestRefusedRecordings(t *testing.T) {
	var file bytes.Buffer
	if err := newNode(t).KV().View(func(tx *memkv.Tx) error { return tx.Copy(&file) }); err != nil {
		t.Fatal(err)
	}
	opened, err := engine.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	used := func(o engine.Op) *engine.Engine {
		node := newNode(t)
		must(t, node, op.OK, o)
		return node
	}
	for name, node := range map[string]*engine.Engine{
		"opened":        opened,
		"custom":        newNode(t, engine.WithSchedule(func(time.Time) schedule.Policy { return &policy{} })),
		"by turns":      newNode(t, engine.WithTurns()),
		"scheduled":     newNode(t, engine.WithScheduler(noScheduler{})),
		"used":          used(imageOp("a")),
		"later":         used(engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: 1}}),
		"with a fork":   used(engine.Op{Name: op.NodeFork, Args: op.Named{Name: "f"}}),
		"with faults":   used(engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: engine.Fault{Hang: true}}}),
		"with a script": used(engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: 20, Script: engine.Script{Label: "x"}}}),
	} {
		_, err := engine.Record(node)
		inUse := strings.HasPrefix(name, "with") || name == "used" || name == "later"
		if err == nil || errdefs.IsFailedPrecondition(err) != inUse {
			t.Errorf("a recording of a node that is %s: %v", name, err)
		}
	}
	down := used(engine.Op{Name: op.NodeKill})
	down.Clock().Advance(time.Hour)
	r, err := engine.Record(down)
	if err != nil {
		t.Fatal(err)
	}
	if !down.Down() {
		t.Error("a recording starts the daemon")
	}
	for _, o := range []engine.Op{{Name: op.NodeRestart}, imageOp("a")} {
		if err := r.Apply(t.Context(), o).Err(); err != nil {
			t.Error(err)
		}
	}
	if n := r.Stop(); n != 2 {
		t.Errorf("%d calls are recorded", n)
	}
	_ = r.Apply(t.Context(), imageOp("b"))
	var trace bytes.Buffer
	if _, err := r.WriteTo(&trace); err != nil {
		t.Fatal(err)
	}
	replayed, err := engine.Replay(t.Context(), &trace, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer replayed.Close()
	if must(t, replayed, op.OK, imageOp("b")); replayed.Hash() != down.Hash() {
		t.Error("a replay of a node that was down ends in another state")
	}
	node, to := newNode(t), &limited{lines: 2}
	if r, err = engine.RecordTo(node, to); err != nil {
		t.Fatal(err)
	}
	if r.Apply(t.Context(), imageOp("a")).Code != op.OK || r.Apply(t.Context(), imageOp("b")).Code != op.InvalidArgument {
		t.Error("a call that cannot be recorded is made")
	}
	must(t, node, op.NotFound, engine.Op{Name: op.ImagesGet, Header: engine.Header{NS: "b"}, Args: op.Named{Name: "i"}})
	if _, err := engine.RecordTo(newNode(t), &limited{}); err == nil {
		t.Error("a recording without a first line")
	}
	tx, err := node.KV().Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := r.Images().Get(boltutil.WithTransaction(context.Background(), tx), "i"); err == nil {
		t.Error("a call in a transaction of another is recorded")
	}
}

// limited takes some lines.
type limited struct{ lines int }

func (l *limited) Write(p []byte) (int, error) {
	if l.lines--; l.lines < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// TestHashes compares the hashes of nodes that differ in one part, and of nodes that differ in no part of a hash.
func TestHashes(t *testing.T) {
	node := newNode(t, engine.WithSettings(schedule.Defaults()))
	must(t, node, op.OK, imageOp("a"))
	must(t, node, op.OK, engine.Op{Name: op.SnapshotsPrepare, Header: engine.Header{NS: "a"}, Args: op.SnapshotCreate{Snapshotter: "s", Key: "k"}})
	seen := map[engine.Hash]string{node.Hash(): "the original"}
	for name, change := range map[string]func(*engine.Engine){
		"a record": func(e *engine.Engine) { must(t, e, op.OK, imageOp("b")) },
		"a blob": func(e *engine.Engine) {
			_ = e.Apply(t.Context(), engine.Op{Name: op.ContentPlace, Args: op.ContentPlaceArgs{Digest: generate.DigestOf("b"), Size: 1}})
		},
		"another size": func(e *engine.Engine) {
			_ = e.Apply(t.Context(), engine.Op{Name: op.ContentPlace, Args: op.ContentPlaceArgs{Digest: generate.DigestOf("b"), Size: 2}})
		},
		"a usage": func(e *engine.Engine) {
			_ = e.Apply(t.Context(), engine.Op{Name: op.SnapshotsSetUsage, Header: engine.Header{NS: "a"}, Args: op.SnapshotsSetUsageArgs{Snapshotter: "s", Key: "k", Usage: usageOf(1)}})
		},
		"a nanosecond":    func(e *engine.Engine) { e.Clock().Advance(1) },
		"a second":        func(e *engine.Engine) { e.Clock().Advance(time.Second) },
		"the schedule":    func(e *engine.Engine) { e.Trigger() },
		"a random number": func(e *engine.Engine) { e.Rand().Uint64() },
	} {
		fork := node.Fork()
		if change(fork); seen[fork.Hash()] != "" {
			t.Errorf("%s has the hash of %s", name, seen[fork.Hash()])
		}
		seen[fork.Hash()] = name
		fork.Close()
	}
	same := node.Fork()
	defer same.Close()
	for _, o := range []engine.Op{
		{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: engine.Fault{On: "content", Hang: true}}},
		{Name: op.NodeFork, Args: op.Named{Name: "f"}},
		{Name: op.TxBegin, Args: op.TxBeginArgs{Name: "t"}},
	} {
		must(t, same, op.OK, o)
	}
	if same.ForgetEvents(); same.Hash() != node.Hash() || len(same.Hash().String()) != 2*len(same.Hash()) {
		t.Error("a hash shows faults, forks, handles or events")
	}
	for name, other := range map[string]*engine.Engine{
		"seed":        newNode(t, engine.WithSeed(1)),
		"snapshotter": newNode(t, engine.WithSnapshotters("s", "t")),
		"start":       newNode(t, engine.WithStart(engine.Start.Add(1))),
		"schedule":    newNode(t, engine.WithoutSchedule()),
	} {
		if other.Hash() == newNode(t).Hash() {
			t.Errorf("nodes with another %s have one hash", name)
		}
	}
	if newNode(t, engine.WithSnapshotters("t", "s", "t")).Hash() != newNode(t, engine.WithSnapshotters("s", "t")).Hash() {
		t.Error("the order of snapshotters matters")
	}
}

func usageOf(size int64) (u snapshots.Usage) {
	u.Size = size
	return u
}

// A policy is due at fixed times, and notes the calls that it gets.
type policy struct {
	due    []time.Time
	skips  map[int]bool // the steps at which it decides against a collection
	step   int
	notes  []string
	always bool // due at once, but never begins
}

func (p *policy) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

func (p *policy) Mutation(now time.Time, c schedule.Change) { p.note("mutation %s %+v", now, c) }

func (p *policy) Trigger(now time.Time) { p.note("trigger %s", now) }

func (p *policy) Next() (time.Time, bool) {
	if p.always {
		return time.Time{}, true
	}
	if p.step >= len(p.due) {
		return time.Time{}, false
	}
	return p.due[p.step], true
}

func (p *policy) Begin(now time.Time) bool {
	p.step++
	begins := !p.always && !p.skips[p.step]
	if !p.always {
		p.note("begin %s %t", now, begins)
	}
	return begins
}

func (p *policy) End(now time.Time, r schedule.Result) { p.note("end %s %+v", now, r) }

func (p *policy) Clone() schedule.Policy { q := *p; return &q }

func (p *policy) String() string { return fmt.Sprint("policy ", p.step) }

// TestPolicies lets time pass on a node with a policy of its own. The policy must be asked at its times, and learn of
// each collection.
func TestPolicies(t *testing.T) {
	p := &policy{skips: map[int]bool{2: true}}
	for _, s := range []int{3, 5, 8, 8, 20} {
		p.due = append(p.due, engine.Start.Add(time.Duration(s)*time.Second))
	}
	node := newNode(t, engine.WithSchedule(func(time.Time) schedule.Policy { return p }))
	pass := func(d time.Duration, want int) {
		t.Helper()
		if got := must(t, node, op.OK, engine.Op{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: d}}); got != (op.SchedulePassResult{Collections: int64(want)}) {
			t.Errorf("%v in %s instead of %d collections", got, d, want)
		}
	}
	must(t, node, op.OK, engine.Op{Name: op.ContentPlace, Args: op.ContentPlaceArgs{Digest: generate.DigestOf("b"), Size: 7}})
	state := must(t, node, op.OK, engine.Op{Name: op.ScheduleState})
	if want := (op.ScheduleStateResult{Policy: "policy 0", Due: &p.due[0]}); !reflect.DeepEqual(state, want) {
		t.Errorf("the schedule is %+v and not %+v", state, want)
	}
	p.notes = nil
	pass(4*time.Second, 1)
	must(t, node, op.OK, engine.Op{Name: op.ScheduleTrigger})
	must(t, node, op.OK, imageOp("a"))
	pass(2*time.Second, 0)
	must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: engine.Fault{On: "kv", Call: "update", Error: op.Unavailable, Times: 1}}})
	if got, err := node.Pass(t.Context(), 2*time.Second); got != 2 || err == nil {
		t.Errorf("%d collections, one of which fails with %v", got, err)
	}
	at := func(s int) string { return engine.Start.Add(time.Duration(s) * time.Second).String() }
	want := []string{
		"begin " + at(3) + " true", "end " + at(3) + " {Lock:0s Used:0 Failed:false}", "trigger " + at(4),
		"mutation " + at(4) + " {Dirty:false Used:0}", "begin " + at(5) + " false", "begin " + at(8) + " true",
	}
	if len(p.notes) < len(want) || !slices.Equal(p.notes[:len(want)], want) {
		t.Errorf("the policy notes\n%s\nand not\n%s", strings.Join(p.notes, "\n"), strings.Join(want, "\n"))
	}
	for i, failed := range []bool{true, false} {
		ends := slices.DeleteFunc(slices.Clone(p.notes), func(n string) bool { return !strings.HasPrefix(n, "end") })
		if !strings.HasSuffix(ends[1+i], fmt.Sprintf("Failed:%t}", failed)) {
			t.Errorf("collection %d ends with %s", i+1, ends[1+i])
		}
	}
	if now := node.Clock().Now(); now.String() != at(8) {
		t.Errorf("it is %s", now)
	}
	must(t, node, op.OK, engine.Op{Name: op.NodeKill})
	if _, due := node.Due(); due {
		t.Error("a dead daemon collects")
	}
	if n, err := node.Pass(t.Context(), time.Minute); n != 0 || err != nil {
		t.Errorf("a dead daemon collects %d times: %v", n, err)
	}
	endless := newNode(t, engine.WithSchedule(func(time.Time) schedule.Policy { return &policy{always: true} }))
	must(t, endless, op.ResourceExhausted, engine.Op{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: time.Second}})
	idle := newNode(t, engine.WithoutSchedule())
	if state := must(t, idle, op.OK, engine.Op{Name: op.ScheduleState}); state != (op.ScheduleStateResult{}) {
		t.Errorf("without a schedule there is %+v", state)
	}
}

// TestEventLog publishes events, and limits, clears and watches the log. A plain list predicts the log and the events
// of each watcher. A list that a caller has must not change.
func TestEventLog(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		node := newNode(t, engine.WithoutSchedule())
		var log, given []string
		var held []engine.Event
		limit, watchers := 0, map[int]func(){}
		got, want := map[int][]string{}, map[int][]string{}
		names := func(events []engine.Event) (all []string) {
			for _, e := range events {
				all = append(all, e.Namespace)
			}
			return all
		}
		for i := range 80 {
			switch r.IntN(9) {
			case 0:
				limit = r.IntN(6) - 1
				node.LimitEvents(limit)
			case 1:
				if r.IntN(3) == 0 {
					log = nil
					node.ForgetEvents()
				}
			case 2:
				watchers[i] = node.Watch(func(e engine.Event) { got[i] = append(got[i], e.Namespace) })
			case 3:
				for w, stop := range watchers {
					if w%2 == i%2 {
						stop()
						delete(watchers, w)
					}
				}
			case 4:
				fork := node.Fork()
				if must(t, fork, op.OK, imageOp("fork")); !slices.Equal(names(node.Events()), log) {
					t.Fatalf("seed %d: a fork's event is in the log of the original", seed)
				}
				if events := names(fork.Events()); limit > 0 && len(events) > limit || events[len(events)-1] != "fork" {
					t.Fatalf("seed %d: the log of a fork is %v, with the limit %d", seed, events, limit)
				}
				fork.Close()
			default:
				ns := fmt.Sprint("n", i)
				must(t, node, op.OK, imageOp(ns))
				log = append(log, ns)
				for w := range watchers {
					want[w] = append(want[w], ns)
				}
			}
			if over := len(log) - limit; limit > 0 && over > 0 {
				log = log[over:]
			}
			if events := names(node.Events()); !slices.Equal(events, log) {
				t.Fatalf("seed %d: the log is %v and not %v, with the limit %d", seed, events, log, limit)
			}
			if !slices.Equal(names(held), given) {
				t.Fatalf("seed %d: a list of events has changed from %v to %v", seed, given, names(held))
			}
			if r.IntN(4) == 0 {
				held = node.Events()
				given = names(held)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: the watchers got %v and not %v", seed, got, want)
		}
	}
}

// TestClock makes contexts with timeouts, one within another, cancels them, and moves the clock.
func TestClock(t *testing.T) {
	type timeout struct {
		ctx    context.Context
		cancel func()
		at     time.Time
		parent int // -1: none
		want   error
	}
	for seed := range uint64(20) {
		r, clock := rand.New(rand.NewPCG(seed, 8)), newNode(t).Clock()
		var all []*timeout
		for range 60 {
			switch i := r.IntN(max(len(all), 1)); r.IntN(4) {
			case 0, 1:
				d, parent, ctx := time.Duration(r.IntN(12)-1)*time.Second, -1, t.Context()
				if len(all) > 0 && r.IntN(2) == 0 {
					parent, ctx = i, all[i].ctx
				}
				w := &timeout{at: clock.Now().Add(d), parent: parent}
				if w.ctx, w.cancel = clock.WithTimeout(ctx, d); d <= 0 {
					w.want, w.cancel = context.DeadlineExceeded, func() {}
				}
				all = append(all, w)
			case 2:
				if len(all) > 0 {
					if all[i].cancel(); all[i].want == nil {
						all[i].want = context.Canceled
					}
				}
			default:
				clock.Advance(time.Duration(r.IntN(8)-2) * time.Second)
			}
			now := clock.Now()
			var next time.Time
			for i, w := range all {
				if w.want == nil && !now.Before(w.at) {
					w.want = context.DeadlineExceeded
				}
				if w.want == nil && (next.IsZero() || w.at.Before(next)) {
					next = w.at
				}
				want := w.want
				for p := w.parent; want == nil && p >= 0; p = all[p].parent {
					want = all[p].want
				}
				done := false
				select {
				case <-w.ctx.Done():
					done = true
				default:
				}
				if at, ok := w.ctx.Deadline(); w.ctx.Err() != want || done != (w.want != nil) || !ok || !at.Equal(w.at) {
					t.Fatalf("seed %d: context %d: %v, done: %t, at %s, instead of %v at %s", seed, i, w.ctx.Err(), done, at, want, w.at)
				}
			}
			if at, ok := clock.Next(); !at.Equal(next) || ok != !next.IsZero() {
				t.Fatalf("seed %d: the next time is %s (%t) and not %s", seed, at, ok, next)
			}
		}
		before := clock.Now()
		if err := clock.Sleep(t.Context(), 3*time.Second); err != nil || !clock.Now().Equal(before.Add(3*time.Second)) {
			t.Errorf("a sleep from %s ends at %s: %v", before, clock.Now(), err)
		}
		for _, d := range []time.Duration{-1, 0, 1} {
			at := clock.Now()
			if err := clock.Sleep(t.Context(), d); err != nil || !clock.Now().Equal(at.Add(max(d, 0))) {
				t.Errorf("a sleep of %s from %s ends at %s: %v", d, at, clock.Now(), err)
			}
		}
		before = clock.Now().Add(-3 * time.Second)
		ctx, cancel := clock.WithTimeout(t.Context(), time.Second)
		if err := clock.Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || !clock.Now().Equal(before.Add(4*time.Second)) {
			t.Errorf("a sleep with a timeout ends at %s: %v", clock.Now(), err)
		}
		cancel()
		for at, want := range map[time.Time]int{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC): 1, time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC): 9999} {
			if clock.Set(at); clock.Now().Year() != want || clock.Now().Location() != time.UTC {
				t.Errorf("a clock that is set to %s shows %s", at, clock.Now())
			}
		}
	}
}

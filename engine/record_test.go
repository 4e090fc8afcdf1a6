package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// client uses every store of a node, as the code of a user would.
func client(r *engine.Recorder) error {
	ctx := namespaced("default")
	leased := leases.WithLease(ctx, "work")
	at := time.Unix(1e9, 0).UTC()
	data := []byte("some \xff bytes")
	dgst := digest.FromBytes(data)
	desc := ocispec.Descriptor{MediaType: "m", Digest: dgst, Size: int64(len(data))}
	var w content.Writer
	for i, do := range []func() error{
		func() error { return r.Namespaces().Create(ctx, "default", map[string]string{"a": "b"}) },
		func() error { return r.Namespaces().SetLabel(ctx, "other", "k", "v") },
		func() (err error) {
			_, err = r.Leases().Create(ctx, leases.WithID("work"), leases.WithLabel("containerd.io/gc.expire", engine.Start.Add(time.Hour).Format(time.RFC3339)))
			return err
		},
		func() (err error) { w, err = r.Content().Writer(leased, content.WithRef("r")); return err },
		func() error { _, err := w.Write(data); return err },
		func() error {
			return w.Commit(leased, int64(len(data)), dgst, content.WithLabels(map[string]string{"x": "y\xfe"}))
		},
		func() error { return w.Close() },
		func() error {
			got, err := content.ReadBlob(ctx, r.Content(), desc)
			if err == nil && !bytes.Equal(got, data) {
				err = fmt.Errorf("read %q", got)
			}
			return err
		},
		func() error {
			i, err := r.Images().Create(epoch.WithSourceDateEpoch(ctx, &at), images.Image{Name: "img", Target: desc})
			if err == nil && !i.CreatedAt.Equal(at) {
				err = fmt.Errorf("image was created at %v", i.CreatedAt)
			}
			return err
		},
		func() error {
			s := r.Snapshotter("native")
			if _, err := s.Prepare(leased, "a", ""); err != nil {
				return err
			}
			if err := s.Commit(leased, "layer", "a", snapshots.WithLabels(map[string]string{"l": "1"})); err != nil {
				return err
			}
			if _, err := s.View(ctx, "v", "layer"); err != nil {
				return err
			}
			seen := 0
			err := s.Walk(ctx, func(context.Context, snapshots.Info) error { seen++; return nil })
			if err == nil && seen != 2 {
				err = fmt.Errorf("%d snapshots", seen)
			}
			return err
		},
		func() error {
			return r.Update(func(tx *memkv.Tx) error {
				ctx := metadata.WithTransactionContext(ctx, tx)
				_, err := r.Containers().Create(ctx, containers.Container{
					ID: "c", Runtime: containers.RuntimeInfo{Name: "runc"}, Spec: &anypb.Any{TypeUrl: "t", Value: []byte{0xff}},
					SnapshotKey: "layer", Snapshotter: "native",
				})
				if err != nil {
					return err
				}
				_, err = r.Sandboxes().Create(ctx, sandbox.Sandbox{ID: "s", Runtime: sandbox.RuntimeOpts{Name: "runc"}})
				return err
			})
		},
		func() error {
			fail := errors.New("no")
			err := r.Update(func(tx *memkv.Tx) error {
				if err := r.Images().Delete(metadata.WithTransactionContext(ctx, tx), "img"); err != nil {
					return err
				}
				return fail
			})
			if err != fail {
				return fmt.Errorf("rollback returns %v", err)
			}
			_, err = r.Images().Get(ctx, "img")
			return err
		},
		func() error {
			if _, err := r.Images().Get(ctx, "none"); !errdefs.IsNotFound(err) {
				return fmt.Errorf("missing image: %v", err)
			}
			return nil
		},
		func() error {
			return r.Apply(ctx, engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: 2 * time.Hour}}).Err()
		},
		func() error {
			c, err := r.Collect(ctx)
			if err == nil && len(c.Removed) == 0 {
				err = errors.New("the collection removed nothing")
			}
			return err
		},
		func() error {
			l, err := r.Leases().List(ctx)
			if err == nil && len(l) != 0 {
				err = fmt.Errorf("leases %v", l)
			}
			return err
		},
	} {
		if err := do(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// TestRecordReplays compares a recorded node with the replay of its trace.
func TestRecordReplays(t *testing.T) {
	for _, opts := range [][]engine.Option{
		{},
		{engine.WithStart(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), engine.WithSeed(1 << 60), engine.WithoutSchedule(), engine.WithPolicyIsolated()},
		{engine.WithRules(metadata.V2_0), engine.WithSnapshotters("native", "zfs")},
	} {
		e := newEngine(t, opts...)
		r, err := engine.Record(e)
		if err == nil {
			err = client(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		var trace bytes.Buffer
		if _, err := r.WriteTo(&trace); err != nil {
			t.Fatal(err)
		}
		replayed, err := engine.Replay(t.Context(), bytes.NewReader(trace.Bytes()), nil)
		if err != nil {
			t.Fatal(err)
		}
		if replayed.Hash() != e.Hash() {
			t.Errorf("the hashes differ after\n%s", trace.String())
		}
	}
}

// TestRecordErrors records nodes and calls that a trace cannot express.
func TestRecordErrors(t *testing.T) {
	opened, err := engine.Open("../metadata/testdata/fixtures/" + fixture + "/before.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*engine.Engine{opened, newEngine(t, engine.WithTurns()), newEngine(t, engine.WithSchedule(onDemand))} {
		if _, err := engine.Record(e); err == nil {
			t.Error("Record succeeds")
		}
	}
	r, err := engine.Record(newEngine(t))
	if err != nil {
		t.Fatal(err)
	}
	var ended *memkv.Tx
	if err := r.View(func(tx *memkv.Tx) error { ended = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Images().List(metadata.WithTransactionContext(namespaced("a"), ended)); err == nil {
		t.Error("a call joins a transaction that has ended")
	}
}

// TestRecordUsed records nodes that are not new, and a node that is older than a new one but has no other difference.
func TestRecordUsed(t *testing.T) {
	ctx := namespaced("default")
	for name, use := range map[string]func(e *engine.Engine) error{
		"record":    func(e *engine.Engine) error { _, err := e.Leases().Create(ctx, leases.WithID("a")); return err },
		"snapshot":  func(e *engine.Engine) error { _, err := e.Snapshotter("native").Prepare(ctx, "a", ""); return err },
		"fault":     func(e *engine.Engine) error { return e.SetFault("f", engine.Fault{On: "kv", Hang: true}) },
		"collector": func(e *engine.Engine) error { return e.SetScript(10, engine.Script{Label: "x"}) },
		"fork": func(e *engine.Engine) error {
			return e.Apply(ctx, engine.Op{Name: op.NodeFork, Args: op.Named{Name: "f"}}).Err()
		},
		"time": func(e *engine.Engine) error { e.Clock().Advance(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			if err := use(e); err != nil {
				t.Fatal(err)
			}
			if _, err := engine.Record(e); !errdefs.IsFailedPrecondition(err) {
				t.Error(err)
			}
			e.Kill()
			r, err := engine.Record(e)
			if name != "time" {
				if !errdefs.IsFailedPrecondition(err) {
					t.Error("after the death of the daemon:", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Apply(ctx, engine.Op{Name: op.NodeRestart}).Err(); err != nil {
				t.Fatal(err)
			}
			if err := client(r); err != nil {
				t.Fatal(err)
			}
			var trace bytes.Buffer
			if _, err := r.WriteTo(&trace); err != nil {
				t.Fatal(err)
			}
			if replayed, err := engine.Replay(t.Context(), &trace, nil); err != nil || replayed.Hash() != e.Hash() {
				t.Error("the replay differs:", err)
			}
		})
	}
}

// TestRecordWaits has a writer that comes while another has a transaction open.
func TestRecordWaits(t *testing.T) {
	r, err := engine.Record(newEngine(t))
	if err != nil {
		t.Fatal(err)
	}
	created := make(chan error)
	err = r.Update(func(tx *memkv.Tx) error {
		go func() { _, err := r.Leases().Create(namespaced("default"), leases.WithID("b")); created <- err }()
		_, err := r.Leases().Create(metadata.WithTransactionContext(namespaced("default"), tx), leases.WithID("a"))
		return err
	})
	if other := <-created; err != nil || other != nil {
		t.Error(err, other)
	}
	if calls := r.Stop(); calls != 4 {
		t.Errorf("%d calls, want 4", calls)
	}
	if _, err := r.Leases().Create(namespaced("default"), leases.WithID("c")); err != nil || r.Stop() != 4 {
		t.Error("a call after Stop:", err)
	}
}

// TestReplayErrors replays invalid traces.
func TestReplayErrors(t *testing.T) {
	for trace, want := range map[string]string{
		"":                                    "empty",
		"{}":                                  "line 1: a trace of version 0",
		`{"holdfast":2}`:                      "line 1: a trace of version 2",
		`{"holdfast":1,"rules":"9.9"}`:        `line 1: containerd version "9.9"`,
		`{"holdfast":1,"frob":true}`:          `line 1: "frob": no such field`,
		"{\"holdfast\":1}\n\n# x\nnonsense":   "line 4: ",
		"{\"holdfast\":1}\n{\"op\":\"frob\"}": `line 2: op: no op "frob"`,
	} {
		_, err := engine.Replay(t.Context(), strings.NewReader(trace), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !errdefs.IsInvalidArgument(err) {
			t.Errorf("%q: %v, want %q", trace, err, want)
		}
	}
	stop := errors.New("stop")
	_, err := engine.Replay(t.Context(), strings.NewReader("{\"holdfast\":1}\n{\"op\":\"hash\"}\n"),
		func(*engine.Engine, int, engine.Op, engine.Result) error { return stop })
	if err != stop {
		t.Error(err)
	}
	if _, err := engine.NewTraceReader(brokenReader{}); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Error(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken pipe") }

var _ io.Reader = brokenReader{}

// TestRecordedOptions deletes a lease through a Recorder, with an option that fails and with one that is recorded.
func TestRecordedOptions(t *testing.T) {
	r, err := engine.Record(newEngine(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, refused := namespaced("default"), errors.New("refused")
	l, err := r.Leases().Create(ctx, leases.WithID("l"))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(context.Context, *leases.DeleteOptions) error { return refused }
	if err := r.Leases().Delete(ctx, l, refuse); !errors.Is(err, refused) {
		t.Errorf("with an option that fails: %v", err)
	}
	var trace bytes.Buffer
	err = r.Leases().Delete(ctx, l, leases.SynchronousDelete)
	if _, written := r.WriteTo(&trace); err != nil || written != nil {
		t.Fatal(err, written)
	}
	if got := trace.String(); strings.Count(got, `"leases.delete"`) != 1 || !strings.Contains(got, `"sync":true`) {
		t.Error(got)
	}
}

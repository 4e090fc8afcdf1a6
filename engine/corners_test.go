package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	"github.com/containerd/log"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// newCorner returns a node without a schedule.
func newCorner(t *testing.T, opts ...engine.Option) *engine.Engine {
	t.Helper()
	e, err := engine.New(append([]engine.Option{engine.WithoutSchedule()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// applies applies the Op of a line, which must have a result with this code and this text in its error.
func applies(t *testing.T, e *engine.Engine, line string, code op.Code, text string) engine.Result {
	t.Helper()
	o, err := op.Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	r := e.Apply(t.Context(), o)
	if r.Code != code || !strings.Contains(r.Error, text) {
		t.Errorf("%s: %s (%s), want %s with %q", line, r.Code, r.Error, code, text)
	}
	return r
}

// smallBlob commits a blob of three bytes that nothing keeps.
func smallBlob(t *testing.T, e *engine.Engine) ocispec.Descriptor {
	t.Helper()
	ctx := namespaced("default")
	w, err := e.Content().Writer(ctx, content.WithRef("blob"))
	if err == nil {
		_, err = w.Write([]byte("abc"))
	}
	if err = errors.Join(err, w.Commit(ctx, 0, "")); err != nil {
		t.Fatal(err)
	}
	return ocispec.Descriptor{Digest: w.Digest(), Size: 3}
}

// TestErrorsOfHandles uses names of forks and transactions that are taken.
func TestErrorsOfHandles(t *testing.T) {
	e := newCorner(t)
	applies(t, e, `{"op":"node.fork","name":"f"}`, op.OK, "")
	applies(t, e, `{"op":"node.fork","name":"f"}`, op.AlreadyExists, `fork "f"`)
	fork := e.Forked("f")
	applies(t, e, `{"op":"node.drop","name":"f"}`, op.OK, "")
	if _, err := fork.Collect(t.Context()); !errors.Is(err, engine.ErrDown) {
		t.Errorf("a collection of a dropped fork: %v", err)
	}
	applies(t, e, `{"op":"tx.begin","name":"t","writable":true}`, op.OK, "")
	applies(t, e, `{"op":"tx.begin","name":"t"}`, op.AlreadyExists, `transaction "t"`)
	applies(t, e, `{"op":"tx.begin","name":"u","writable":true}`, op.FailedPrecondition, `transaction "u": "t" is open`)
	applies(t, e, `{"op":"node.crash"}`, op.OK, "")
	applies(t, e, `{"op":"leases.create","ns":"a","id":"after the crash"}`, op.OK, "")
}

// TestClearFault clears one of two faults.
func TestClearFault(t *testing.T) {
	e := newCorner(t)
	for name, on := range map[string]string{"one": "content", "two": "snapshots/native"} {
		if err := e.SetFault(name, engine.Fault{On: on, Error: op.Unavailable}); err != nil {
			t.Fatal(err)
		}
	}
	e.ClearFault("one")
	smallBlob(t, e)
	if _, err := e.Snapshotter("native").Prepare(namespaced("default"), "k", ""); !errdefs.IsUnavailable(err) {
		t.Errorf("the other fault: %v", err)
	}
	e.ClearFault("")
	if _, err := e.Snapshotter("native").Prepare(namespaced("default"), "k", ""); err != nil {
		t.Error(err)
	}
}

// TestOrderOfFaults sets faults in any order, and replaces and clears each. The first one by name fails the call.
func TestOrderOfFaults(t *testing.T) {
	e := newCorner(t)
	names := []string{"c", "a", "e", "b", "d"}
	for range 2 {
		for _, name := range names {
			if err := e.SetFault(name, engine.Fault{On: "content", Error: op.Unavailable}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, name := range names {
		first := fmt.Sprintf("fault %q", slices.Min(names[i:]))
		_, err := e.Content().Writer(namespaced("default"), content.WithRef("r"))
		if !errdefs.IsUnavailable(err) || !strings.Contains(err.Error(), first) {
			t.Errorf("%d faults: %v, want %s", len(names)-i, err, first)
		}
		e.ClearFault(name)
	}
	smallBlob(t, e)
}

// TestCollectLogs passes a logger to a collection that fails to clean a backend.
func TestCollectLogs(t *testing.T) {
	e := newCorner(t)
	smallBlob(t, e)
	if err := e.SetFault("broken", engine.Fault{On: "content", Call: "delete", Error: op.Unavailable}); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	logger := logrus.New()
	logger.SetOutput(&text)
	if _, err := e.Collect(log.WithLogger(t.Context(), logrus.NewEntry(logger))); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "content is left to the next collection") {
		t.Errorf("logged: %q", text.String())
	}
}

// TestHangEnds makes a call hang until its context ends.
func TestHangEnds(t *testing.T) {
	e := newCorner(t)
	if err := e.SetFault("hang", engine.Fault{On: "content", Hang: true}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(namespaced("default"), 10*time.Millisecond)
	defer cancel()
	if _, err := e.Content().Writer(ctx, content.WithRef("r")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a real deadline: %v", err)
	}
	ended, cancel := e.Clock().WithTimeout(t.Context(), 0)
	defer cancel()
	if !errors.Is(ended.Err(), context.DeadlineExceeded) {
		t.Errorf("no time: %v", ended.Err())
	}
}

// TestExpiryOfIngest asks for the next expiry of a node with an upload.
func TestExpiryOfIngest(t *testing.T) {
	e := newCorner(t)
	w, err := e.Content().Writer(namespaced("default"), content.WithRef("r"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if at, ok := e.NextExpiry(); !ok || !at.Equal(engine.Start.Add(24*time.Hour)) {
		t.Errorf("%v, %t", at, ok)
	}
	if left := e.Leftovers(t.Context()); !slices.Contains(left, "default/1/r") {
		t.Errorf("leftovers: %q", left)
	}
}

// TestRunDue runs the steps of a schedule, and of none.
func TestRunDue(t *testing.T) {
	settings := schedule.Defaults()
	scheduled, err := engine.New(engine.WithSettings(settings))
	if err != nil {
		t.Fatal(err)
	}
	unscheduled, err := engine.New(engine.WithSettings(settings), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*engine.Engine{scheduled, unscheduled} {
		smallBlob(t, e)
		e.Clock().Advance(time.Hour)
		ran, removed := false, 0
		for range 10 { // a schedule may first decide against a collection
			c, now, err := e.RunDue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ran, removed = ran || now, removed+len(c.Removed)
			e.Trigger()
			e.Clock().Advance(time.Hour)
		}
		if want := e == scheduled; ran != want || (removed > 0) != want {
			t.Errorf("scheduled: %t: ran: %t, %d removed", want, ran, removed)
		}
		e.Close()
	}
}

// TestLimitOfEvents keeps the last events.
func TestLimitOfEvents(t *testing.T) {
	e := newCorner(t)
	for limit := range 4 {
		e.ForgetEvents()
		e.LimitEvents(limit)
		for _, name := range []string{"a", "b", "c"} {
			image := images.Image{Name: name, Target: ocispec.Descriptor{Digest: "sha256:" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Size: 1, MediaType: "m"}}
			if _, err := e.Images().Create(namespaced("default"), image); err != nil {
				t.Fatal(err)
			}
		}
		want := 3
		if limit > 0 {
			want = limit
		}
		if n := len(e.Events()); n != want {
			t.Errorf("limit %d: %d events", limit, n)
		}
		for _, name := range []string{"a", "b", "c"} {
			if err := e.Images().Delete(namespaced("default"), name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestIsolatedOption opens an upload of a blob that another namespace has.
func TestIsolatedOption(t *testing.T) {
	for _, isolated := range []bool{false, true} {
		var opts []engine.Option
		if isolated {
			opts = append(opts, engine.WithPolicyIsolated())
		}
		e := newCorner(t, opts...)
		desc := smallBlob(t, e)
		w, err := e.Content().Writer(namespaced("other"), content.WithRef("r"), content.WithDescriptor(desc))
		if err != nil {
			t.Fatal(err)
		}
		if status, err := w.Status(); err != nil || (status.Offset == 0) != isolated {
			t.Errorf("isolated: %t: %+v, %v", isolated, status, err)
		}
	}
}

// TestOpenPlacesSnapshots opens a database with snapshots, one of which is its own parent.
func TestOpenPlacesSnapshots(t *testing.T) {
	e := newCorner(t)
	ctx, layers := namespaced("default"), e.Snapshotter("native")
	const inherited = "containerd.io/snapshot/a"
	keep := snapshots.WithLabels(map[string]string{"containerd.io/gc.root": "x", inherited: "b"})
	_, err := layers.Prepare(ctx, "k", "", keep)
	err = errors.Join(err, layers.Commit(ctx, "c", "k", keep))
	_, prepared := layers.Prepare(ctx, "k", "c", keep)
	_, loop := layers.Prepare(ctx, "loop", "", keep)
	desc, damaged := smallBlob(t, e), digest.FromString("damaged")
	if err := errors.Join(err, prepared, loop); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	err = e.KV().Update(func(tx *memkv.Tx) error {
		blob, err := tx.BucketAt("v1", "default", "content", "blob").CreateBucket([]byte(damaged))
		if err == nil {
			err = blob.Put([]byte("size"), []byte("\xff"))
		}
		return errors.Join(err, tx.BucketAt("v1", "default", "snapshots", "native", "loop").Put([]byte("parent"), []byte("loop")))
	})
	err = errors.Join(err, e.KV().View(func(tx *memkv.Tx) error {
		_, err := tx.WriteTo(&file)
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := engine.Read(&file, engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, key := range []string{"c", "k"} {
		if _, err := opened.Snapshotter("native").Stat(ctx, key); err != nil {
			t.Errorf("snapshot %q: %v", key, err)
		}
	}
	err = opened.SnapshotterBackend("native").Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		if len(info.Labels) != 1 || info.Labels[inherited] != "b" {
			t.Errorf("the backend's snapshot %q has labels %q", info.Name, info.Labels)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if info, err := opened.ContentBackend().Info(ctx, desc.Digest); err != nil || info.Size != 3 {
		t.Errorf("blob: %+v, %v", info, err)
	}
	if info, err := opened.ContentBackend().Info(ctx, damaged); err != nil || info.Size != 0 {
		t.Errorf("blob with a damaged size: %+v, %v", info, err)
	}
}

// brokenPipe is a writer that fails after the first line.
type brokenPipe struct{ lines int }

func (p *brokenPipe) Write(line []byte) (int, error) {
	if p.lines++; p.lines > 1 {
		return 0, errors.New("broken pipe")
	}
	return len(line), nil
}

// TestTraceCorners writes and reads small traces.
func TestTraceCorners(t *testing.T) {
	var text bytes.Buffer
	if _, err := engine.NewTraceWriter(&text, engine.Setup{}); err != nil || !strings.HasPrefix(text.String(), `{"holdfast":1`) {
		t.Errorf("%q, %v", text.String(), err)
	}
	if _, err := engine.NewTraceReader(strings.NewReader("x\n" + text.String())); err == nil {
		t.Error("a line of one letter is read")
	}
	w, err := engine.NewTraceWriter(&text, engine.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(op.Op{Name: op.Collect, Args: struct{ C chan int }{make(chan int)}}); err == nil || !strings.HasPrefix(err.Error(), "trace: collect: ") {
		t.Errorf("wrong arguments: %v", err)
	}
}

// TestBrokenRecording records to a writer that fails.
func TestBrokenRecording(t *testing.T) {
	e := newCorner(t)
	r, err := engine.RecordTo(e, &brokenPipe{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := op.Parse([]byte(`{"op":"leases.create","ns":"a","id":"l"}`))
	if err != nil {
		t.Fatal(err)
	}
	if result := r.Apply(t.Context(), o); result.Code != op.InvalidArgument || !strings.Contains(result.Error, "record: broken pipe: ") {
		t.Errorf("%s (%s)", result.Code, result.Error)
	}
	if list, err := e.Leases().List(namespaced("a")); err != nil || len(list) > 0 {
		t.Errorf("the node got the call: %v, %v", list, err)
	}
}

// TestRecorderCorners records a call with a deadline, a writer that is closed twice, and a call after its transaction.
func TestRecorderCorners(t *testing.T) {
	e := newCorner(t)
	r, err := engine.Record(e)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := e.Clock().WithTimeout(namespaced("default"), time.Minute)
	defer cancel()
	w, err := r.Content().Writer(ctx, content.WithRef("r"))
	if err = errors.Join(err, w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	var late context.Context
	err = r.Update(func(tx *memkv.Tx) error {
		late = metadata.WithTransactionContext(namespaced("default"), tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Images().List(late); err == nil || !strings.Contains(err.Error(), "none of the recorder's") {
		t.Errorf("a call after its transaction: %v", err)
	}
	var trace bytes.Buffer
	if _, err := r.WriteTo(&trace); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(trace.String(), `"writers.close"`); n != 1 || !strings.Contains(trace.String(), `"timeout":"1m0s"`) {
		t.Errorf("%d closes in\n%s", n, trace.String())
	}
}

// TestTimeouts makes calls that time out during a slow call to a backend.
func TestTimeouts(t *testing.T) {
	e := newCorner(t)
	applies(t, e, `{"op":"faults.set","name":"slow","fault":{"on":"snapshots/native","call":"prepare","delay":"1h"}}`, op.OK, "")
	for timeout, waited := range map[string]time.Duration{"1ns": 1, "1s": time.Second} {
		before := e.Clock().Now()
		applies(t, e, `{"op":"snapshots.prepare","ns":"a","snapshotter":"native","key":"k","timeout":"`+timeout+`"}`, op.DeadlineExceeded, "")
		if took := e.Clock().Now().Sub(before); took != waited {
			t.Errorf("timeout %s: the call took %s", timeout, took)
		}
	}
	ctx, cancel := e.Clock().WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e.Clock().Advance(time.Minute)
	select {
	case <-ctx.Done():
	default:
		t.Error("Done is open after the deadline")
	}
}

// TestFailedCommitEndsWriter: after a commit that fails in the backend, the ingest can be opened again.
func TestFailedCommitEndsWriter(t *testing.T) {
	e := newCorner(t)
	for _, line := range []string{
		`{"op":"faults.set","name":"full","fault":{"on":"content","call":"commit","error":"unavailable","times":"1"}}`,
		`{"op":"writers.open","ns":"a","name":"w","ref":"r"}`,
		`{"op":"writers.write","name":"w","data":"x"}`,
	} {
		applies(t, e, line, op.OK, "")
	}
	applies(t, e, `{"op":"writers.commit","ns":"a","name":"w"}`, op.Unavailable, `fault "full"`)
	applies(t, e, `{"op":"writers.open","ns":"a","name":"again","ref":"r"}`, op.OK, "")
}

// TestRecorderHandles opens handles at the same time, reads single bytes, and records after a trace was written.
func TestRecorderHandles(t *testing.T) {
	ctx := namespaced("default")
	e := newCorner(t, engine.WithSettings(schedule.Settings{MutationThreshold: 77}))
	r, err := engine.Record(e)
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if _, err := r.WriteTo(&first); err != nil || !strings.Contains(first.String(), "77") {
		t.Errorf("the trace lacks the settings: %s (%v)", first.String(), err)
	}
	blob := ocispec.Descriptor{MediaType: "m", Digest: digest.FromString("abc"), Size: 3}
	if err := content.WriteBlob(ctx, r.Content(), "blob", strings.NewReader("abc"), blob); err != nil {
		t.Fatal(err)
	}
	reader, err := r.Content().ReaderAt(ctx, blob)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	one := make([]byte, 1)
	if n, err := reader.ReadAt(one, 1); n != 1 || err != nil || one[0] != 'b' {
		t.Errorf("%d bytes %q, %v", n, one, err)
	}
	for _, ref := range []string{"one", "two"} {
		w, err := r.Content().Writer(ctx, content.WithRef(ref))
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
	}
	err = r.Update(func(tx *memkv.Tx) error {
		_, err := r.Images().Create(metadata.WithTransactionContext(ctx, tx), images.Image{Name: "i", Target: blob})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Images().Get(ctx, "i"); err != nil {
		t.Error(err)
	}
	r.Trigger()
	if _, err := r.WriteTo(&second); err != nil || !strings.Contains(second.String(), `"op":"schedule.trigger"`) {
		t.Errorf("no trigger in %s (%v)", second.String(), err)
	}
}

// TestForkOfADeadNode forks a node after its daemon has died.
func TestForkOfADeadNode(t *testing.T) {
	e := newCorner(t)
	e.Kill()
	if f := e.Fork(); !f.Down() || f.Restart() != nil || f.Down() || !e.Down() {
		t.Error("the fork runs, does not restart, or shares the daemon")
	}
}

// TestStartIsBounded starts clocks at times that four digits of a year cannot express.
func TestStartIsBounded(t *testing.T) {
	for year, want := range map[int]time.Time{
		-5:     time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		10_000: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		e := newCorner(t, engine.WithStart(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)))
		if now := e.Clock().Now(); !now.Equal(want) {
			t.Errorf("year %d: %v, want %v", year, now, want)
		}
	}
}

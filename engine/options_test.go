package engine_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/events"
)

// eventList is a publisher that keeps "NAMESPACE TOPIC" of each event.
type eventList []string

func (l *eventList) Publish(ctx context.Context, topic string, _ events.Event) error {
	namespace, _ := namespaces.Namespace(ctx)
	*l = append(*l, namespace+" "+topic)
	return nil
}

func TestWithPublisher(t *testing.T) {
	var published eventList
	e := newEngine(t, engine.WithPublisher(&published))
	must(t, e,
		`{"op":"images.create","ns":"default","image":{"name":"a","target":{"mediaType":"m","size":"1","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}}`,
		`{"op":"snapshots.prepare","ns":"other","snapshotter":"native","key":"k"}`,
		`{"op":"images.delete","ns":"default","name":"a"}`,
		`{"op":"collect"}`,
	)
	want := eventList{"default /images/create", "other /snapshot/prepare", "default /images/delete", "other /snapshot/remove"}
	if !slices.Equal(published, want) {
		t.Errorf("published %q, want %q", published, want)
	}
	var log eventList
	for _, event := range e.Events() {
		log = append(log, event.Namespace+" "+event.Topic)
	}
	if !slices.Equal(log, published) {
		t.Errorf("the log has %q, but %q were published", log, published)
	}
}

// TestWithSchedule starts a daemon twice. Each start asks for a policy. The failures of its collections are reported.
func TestWithSchedule(t *testing.T) {
	var starts []time.Time
	e := newEngine(t, engine.WithSchedule(func(now time.Time) schedule.Policy {
		starts = append(starts, now)
		return schedule.NewInterval(time.Minute, now)
	}))
	e.Clock().Advance(time.Minute)
	if err := e.Restart(); err != nil {
		t.Fatal(err)
	}
	if want := []time.Time{engine.Start, engine.Start.Add(time.Minute)}; !slices.Equal(starts, want) {
		t.Errorf("starts at %v, want %v", starts, want)
	}
	must(t, e,
		`{"op":"leases.create","ns":"default","id":"l"}`,
		`{"op":"leases.delete","ns":"default","id":"l"}`,
		`{"op":"faults.set","name":"disk","fault":{"on":"kv","call":"commit","times":"1","error":"unavailable"}}`,
	)
	if _, err := e.Pass(t.Context(), time.Hour); op.CodeOf(err) != op.Unavailable {
		t.Errorf("a collection fails: %v", err)
	}
}

// coroutine is a scheduler of a single coroutine. It yields the conditions on which the coroutine is parked.
type coroutine struct{ yield func(ready func() bool) bool }

func (c *coroutine) Park(ready func() bool) {
	if !c.yield(ready) {
		panic("the test stops the coroutine")
	}
}

// TestWithScheduler parks a delayed call, and advances the clock until the call can continue.
func TestWithScheduler(t *testing.T) {
	c := &coroutine{}
	e := newEngine(t, engine.WithScheduler(c))
	delay := 10 * time.Second
	if err := e.SetFault("slow disk", engine.Fault{On: "snapshots/native", Call: "prepare", Delay: delay}); err != nil {
		t.Fatal(err)
	}
	var result engine.Result
	resume, stop := iter.Pull(func(yield func(func() bool) bool) {
		c.yield = yield
		result = apply(t, e, `{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"k"}`)
	})
	defer stop()

	ready, parked := resume()
	if !parked || ready() {
		t.Fatalf("the call is not parked: %s", result)
	}
	wake, ok := e.Clock().Next()
	if want := engine.Start.Add(delay); !ok || !wake.Equal(want) {
		t.Fatalf("the call waits until %v, %v, want %v", wake, ok, want)
	}
	if e.Clock().Advance(delay - 1); ready() {
		t.Error("the call can continue before the end of its delay")
	}
	if e.Clock().Advance(1); !ready() {
		t.Fatal("the call can't continue after its delay")
	}
	if _, parked = resume(); parked || result.Code != op.OK {
		t.Errorf("the call is still parked (%v), or failed: %s", parked, result)
	}
	if at, waits := e.Clock().Next(); waits {
		t.Errorf("a call still waits until %v", at)
	}
}

func TestSchedulerExcludesTurns(t *testing.T) {
	if _, err := engine.New(engine.WithTurns(), engine.WithScheduler(&coroutine{})); op.CodeOf(err) != op.InvalidArgument {
		t.Errorf("WithTurns and WithScheduler: %v", err)
	}
}

// TestWithNamedParts places blobs without records. The first collection of a fork removes them, whether its node had
// noted parts or not. A later one removes them by default, and leaves them if the caller promised that there are none.
func TestWithNamedParts(t *testing.T) {
	lost := func(e *engine.Engine, text string) (left bool) {
		t.Helper()
		info := content.Info{Digest: digest.FromString(text), Size: 1}
		e.ContentBackend().Place(info)
		must(t, e, `{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"`+text+`"}`,
			`{"op":"snapshots.remove","ns":"default","snapshotter":"native","key":"`+text+`"}`)
		e.ContentBackend().Place(content.Info{Digest: digest.FromString("named " + text), Size: 1})
		w, err := e.Content().Writer(namespaces.WithNamespace(t.Context(), "default"), content.WithRef(text), content.WithDescriptor(ocispec.Descriptor{Digest: digest.FromString("named " + text), Size: 1}))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(namespaces.WithNamespace(t.Context(), "default"), 1, digest.FromString("named "+text)); err != nil {
			t.Fatal(err)
		}
		must(t, e, `{"op":"collect"}`) // removes the blob with a record, so the collection cleans the backend
		if _, err := e.ContentBackend().Info(t.Context(), digest.FromString("named "+text)); err == nil {
			t.Errorf("%s: a blob stays whose record was removed", text)
		}
		_, err = e.ContentBackend().Info(t.Context(), info.Digest)
		return err == nil
	}
	e := newEngine(t)
	for _, round := range []string{"a", "b"} {
		if lost(e, round) {
			t.Errorf("by default, collection %s leaves a blob without a record", round)
		}
	}
	f := e.Fork(engine.WithNamedParts())
	if lost(f, "c") {
		t.Error("the first collection of a fork leaves a blob without a record")
	}
	if !lost(f, "d") {
		t.Error("the second collection of a fork walks the backend")
	}
}

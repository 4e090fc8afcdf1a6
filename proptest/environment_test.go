package proptest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/leanovate/gopter"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// environment are checks of the environment of a node's daemon.
var environment = []struct {
	name  string
	check func(t *testing.T, node *engine.Engine)
}{
	{"a timeout ends a wait", endsWaits},
	{"a fault hits some calls", hitsSome},
	{"the schedule collects", collectsOnSchedule},
	{"a limit keeps the latest events", limitsEvents},
	{"a fork of a dead node is dead", forksDead},
	{"a file leads to a node of its state", opensFile},
	{"leftovers are the data that records name", listsLeftovers},
	{"nonsense is refused", refusesNonsense},
}

// TestEnvironment makes nodes with random histories, and checks on forks of each that the environment of the daemon
// works as documented: timeouts, faults, the schedule, events, deaths, and files.
func TestEnvironment(t *testing.T) {
	p := gopter.DefaultGenParameters().CloneWithSeed(1).WithSize(40)
	for range 24 / slower {
		h := generate.ChanceOf(p).History(generate.Calm | generate.Time)
		settings := schedule.Defaults()
		settings.StartupDelay = 7 * time.Second
		h.Setup.Unscheduled, h.Setup.Schedule = false, &settings
		opts, err := h.Setup.Options()
		if err != nil {
			t.Fatal(err)
		}
		published, watched := &publisher{}, &publisher{}
		node, err := engine.New(append(opts, engine.WithPublisher(published))...)
		if err != nil {
			t.Fatal(err)
		}
		stop := node.Watch(func(e engine.Event) { watched.topics = append(watched.topics, e.Topic) })
		for _, o := range h.Ops {
			node.Apply(t.Context(), o)
		}
		stop()
		var log []string
		for _, e := range node.Events() {
			log = append(log, e.Topic)
		}
		if !reflect.DeepEqual(log, published.topics) || !reflect.DeepEqual(log, watched.topics) {
			t.Errorf("the log has %v, the publisher got %v, the watcher %v", log, published.topics, watched.topics)
		}
		for _, e := range environment {
			fork := node.Fork()
			e.check(t, fork)
			if t.Failed() {
				t.Fatalf("%s: not after this history of %s", e.name, h)
			}
			fork.Close()
		}
		node.Close()
	}
}

// A publisher keeps the topics of events.
type publisher struct{ topics []string }

func (p *publisher) Publish(_ context.Context, topic string, _ events.Event) error {
	p.topics = append(p.topics, topic)
	return nil
}

// must applies an Op that must return a code.
func must(t *testing.T, node *engine.Engine, code op.Code, o engine.Op) any {
	t.Helper()
	r := node.Apply(t.Context(), o)
	if r.Code != code || strings.Contains(r.Error, "%!") {
		t.Errorf("%s: %s (%s) instead of %s", o, r.Code, r.Error, code)
	}
	return r.Value
}

func endsWaits(t *testing.T, node *engine.Engine) {
	const on, call = "snapshots/s", "prepare"
	for i, wait := range []struct {
		fault   engine.Fault
		timeout time.Duration
		code    op.Code
		after   time.Duration
	}{
		{engine.Fault{On: on, Call: call, Hang: true}, 3 * time.Second, op.DeadlineExceeded, 3 * time.Second},
		{engine.Fault{On: on, Call: call, Hang: true}, 1, op.DeadlineExceeded, 1},
		{engine.Fault{On: on, Call: call, Delay: 5 * time.Second}, 3 * time.Second, op.DeadlineExceeded, 3 * time.Second},
		{engine.Fault{On: on, Call: call, Delay: time.Second}, 3 * time.Second, op.OK, time.Second},
		{engine.Fault{On: on, Call: call, Delay: 1}, 3 * time.Second, op.OK, 1},
	} {
		must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: wait.fault}})
		before := node.Clock().Now()
		must(t, node, wait.code, engine.Op{
			Name: op.SnapshotsPrepare, Header: engine.Header{NS: "a", Timeout: wait.timeout},
			Args: op.SnapshotCreate{Snapshotter: "s", Key: fmt.Sprint("wait", i)},
		})
		if took := node.Clock().Now().Sub(before); took != wait.after {
			t.Errorf("it took %s instead of %s", took, wait.after)
		}
	}
	must(t, node, op.OK, engine.Op{Name: op.FaultsClear, Args: op.Named{Name: "f"}})
	must(t, node, op.OK, engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "a", Timeout: time.Second}})
	turns, err := engine.New(engine.WithTurns(), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	defer turns.Close()
	for _, call := range []string{"", "c"} {
		must(t, turns, op.OK, engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "a", Call: call, Timeout: time.Second}})
	}
	for _, n := range []*engine.Engine{node, turns} {
		if _, waits := n.Clock().Next(); waits {
			t.Error("a call has ended, and the clock still has its timeout")
		}
	}
}

func hitsSome(t *testing.T, node *engine.Engine) {
	fault := engine.Fault{On: "kv", Call: "view", Error: op.Unavailable}
	list := engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "a"}}
	count := func(f engine.Fault) (failed int) {
		must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: f}})
		for range 20 {
			if node.Apply(t.Context(), list).Code == op.Unavailable {
				failed++
			}
		}
		return failed
	}
	some, every := fault, fault
	some.Nth, some.Times = 3, 4
	if n := count(some); n != 4 {
		t.Errorf("%d calls failed instead of 4", n)
	}
	if every.OneIn = 2; count(every) == 20 || count(every) == 0 {
		t.Error("a fault that hits one call in two hits all, or none")
	}
	must(t, node, op.OK, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "a", Fault: fault}})
	must(t, node, op.OK, engine.Op{Name: op.FaultsClear, Args: op.Named{Name: "f"}})
	must(t, node, op.Unavailable, list)
	must(t, node, op.OK, engine.Op{Name: op.FaultsClear})
	must(t, node, op.OK, list)
	must(t, node, op.InvalidArgument, engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "f", Fault: engine.Fault{On: "kv"}}})
}

func collectsOnSchedule(t *testing.T, node *engine.Engine) {
	must(t, node, op.OK, engine.Op{Name: op.NodeRestart})
	due, ok := node.Due()
	if start := node.Clock().Now(); !ok || !due.Equal(start.Add(7*time.Second)) {
		t.Errorf("the first collection is due at %s (%t) instead of 7 s after %s", due, ok, start)
	}
	if _, ran, err := node.RunDue(t.Context()); ran || err != nil {
		t.Errorf("a collection before it is due: %t %v", ran, err)
	}
	if n, err := node.Pass(t.Context(), 6*time.Second); n != 0 || err != nil {
		t.Errorf("%d collections before the first is due: %v", n, err)
	}
	if n, err := node.Pass(t.Context(), time.Second); n != 1 || err != nil || !node.Clock().Now().Equal(due) {
		t.Errorf("%d collections, %s: %v", n, node.Clock().Now(), err)
	}
	plan, err := node.Plan()
	if err != nil || len(plan.Removed) > 0 {
		t.Errorf("the collection left %v: %v", plan, err)
	}
	node.Trigger()
	if due, ok := node.Due(); !ok || due.After(node.Clock().Now().Add(schedule.Defaults().ScheduleDelay+time.Second)) {
		t.Errorf("a trigger leads to a collection at %s (%t)", due, ok)
	}
}

func limitsEvents(t *testing.T, node *engine.Engine) {
	const most = 3
	node.ForgetEvents()
	node.LimitEvents(most)
	for i := range 10 {
		name := fmt.Sprint("limit", i)
		image := images.Image{Name: "i", Target: ocispec.Descriptor{Digest: generate.DigestOf("a"), Size: 1, MediaType: "x"}}
		must(t, node, op.OK, engine.Op{Name: op.ImagesCreate, Header: engine.Header{NS: name}, Args: op.ImageRecord{Image: image}})
		if got := node.Events(); len(got) != min(i+1, most) || got[len(got)-1].Namespace != name {
			t.Errorf("after %d events the log has %v", i+1, got)
		}
	}
}

func forksDead(t *testing.T, node *engine.Engine) {
	must(t, node, op.OK, engine.Op{Name: op.NodeKill})
	fork := node.Fork()
	list := engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "a"}}
	must(t, fork, op.Down, list)
	must(t, fork, op.OK, engine.Op{Name: op.NodeRestart})
	must(t, fork, op.OK, list)
	if !node.Down() || fork.Down() {
		t.Errorf("node down: %t, restarted fork down: %t", node.Down(), fork.Down())
	}
	if node.Restart() != nil || node.Hash() != fork.Hash() {
		t.Error("after a restart the node and its fork differ")
	}
	fork.Close()
}

func opensFile(t *testing.T, node *engine.Engine) {
	path := filepath.Join(t.TempDir(), "meta.db")
	var file bytes.Buffer
	err := node.KV().View(func(tx *memkv.Tx) error {
		if _, err := tx.WriteTo(&file); err != nil {
			return err
		}
		return tx.CopyFile(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := engine.Open(path, engine.WithSnapshotters(generate.Snapshotters...))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	read, err := engine.ReadBytes(file.Bytes(), engine.WithSnapshotters(generate.Snapshotters...))
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if opened.Hash() != read.Hash() || opened.KV().Hash() != node.KV().Hash() {
		t.Error("a node on the file differs from a node on its bytes, or from the node that wrote it")
	}
	showsRecords(t, opened)
	latest := engine.Start
	if last := lastTime(node.KV()); !last.IsZero() {
		latest = last
	}
	if at := opened.Clock().Now(); !at.Equal(latest) {
		t.Errorf("the clock of an opened node is at %s, and not at the latest time %s", at, latest)
	}
}

// showsRecords compares the backends of a node that was opened on a file with the records.
func showsRecords(t *testing.T, node *engine.Engine) {
	stored := func(record memkv.Frozen, key string) (at time.Time) {
		_ = at.UnmarshalBinary(record.Get(key))
		return at
	}
	check := func(tx *memkv.Tx) error {
		spaces, _ := tx.Freeze().Bucket("v1")
		for _, space := range spaces.All() {
			blobs, _ := space.Bucket().BucketAt("content", "blob")
			for name, e := range blobs.All() {
				info, err := node.ContentBackend().Info(t.Context(), digest.Digest(name))
				size, _ := binary.Varint(e.Bucket().Get("size"))
				if err != nil || info.Size != size || info.CreatedAt.IsZero() || info.UpdatedAt.Before(info.CreatedAt) {
					t.Errorf("the backend of an opened node has %+v for a blob of %d bytes: %v", info, size, err)
				}
			}
			snapshotters, _ := space.Bucket().Bucket("snapshots")
			for name, e := range snapshotters.All() {
				for key, entry := range e.Bucket().All() {
					record := entry.Bucket()
					info, err := node.SnapshotterBackend(name).Stat(t.Context(), record.Text("name"))
					if err != nil {
						t.Errorf("the backend of an opened node lacks %s: %v", key, err)
						continue
					}
					parent, _ := e.Bucket().Bucket(record.Text("parent"))
					children, _ := record.Bucket("children")
					want := snapshots.Info{
						Name: record.Text("name"), Parent: parent.Text("name"), Kind: snapshots.KindActive, Labels: map[string]string{},
						Created: stored(record, "createdat"), Updated: stored(record, "updatedat"),
					}
					if children.Len() > 0 || digest.Digest(key).Validate() == nil {
						want.Kind = snapshots.KindCommitted
					}
					labels, _ := record.Bucket("labels")
					for label, value := range labels.All() {
						if strings.HasPrefix(label, "containerd.io/snapshot/") || label == "containerd.io/snapshot.ref" {
							want.Labels[label] = value.Text()
						}
					}
					if len(info.Labels) == 0 {
						info.Labels = map[string]string{}
					}
					if !reflect.DeepEqual(info, want) {
						t.Errorf("the backend of an opened node has %+v and not %+v", info, want)
					}
				}
			}
		}
		return nil
	}
	if err := node.KV().View(check); err != nil {
		t.Error(err)
	}
}

// lastTime returns the latest time at which a record was created or updated.
func lastTime(db *memkv.DB) (latest time.Time) {
	var visit func(b memkv.Frozen)
	visit = func(b memkv.Frozen) {
		for key, e := range b.All() {
			var at time.Time
			if (key == "createdat" || key == "updatedat") && at.UnmarshalBinary(e.Value()) == nil && at.After(latest) {
				latest = at
			}
			visit(e.Bucket())
		}
	}
	_ = db.View(func(tx *memkv.Tx) error { visit(tx.Freeze()); return nil })
	return latest
}

// listsLeftovers compares the contents of the backends with the records, after a collection.
func listsLeftovers(t *testing.T, node *engine.Engine) {
	must(t, node, op.OK, engine.Op{Name: op.Collect})
	var named, maybe []string // maybe: the data of an ingest may be its own, or a shared blob
	var visit func(b memkv.Frozen, path []string)
	visit = func(b memkv.Frozen, path []string) {
		for name, e := range b.All() {
			switch at := append(path[:len(path):len(path)], name); {
			case len(at) == 5 && at[2] == "content" && at[3] == "blob":
				named = append(named, name)
			case len(at) == 5 && at[2] == "content" && at[3] == "ingests":
				maybe = append(maybe, e.Bucket().Text("ref"), e.Bucket().Text("expected"))
			case len(at) == 5 && at[2] == "snapshots":
				named = append(named, e.Bucket().Text("name"))
			default:
				visit(e.Bucket(), at)
			}
		}
	}
	_ = node.KV().View(func(tx *memkv.Tx) error { visit(tx.Freeze(), nil); return nil })
	left := node.Leftovers(t.Context())
	for _, name := range named {
		if !slices.Contains(left, name) {
			t.Errorf("the backends have %v, a record names %s", left, name)
		}
	}
	for _, name := range left {
		if !slices.Contains(named, name) && !slices.Contains(maybe, name) {
			t.Errorf("the backends have %s, the records name %v and %v", name, named, maybe)
		}
	}
}

func refusesNonsense(t *testing.T, node *engine.Engine) {
	for _, resource := range []op.ScriptedResource{{Key: "k", Refs: []string{"nonsense"}}, {Key: "k", BackRefs: []string{"nonsense"}}} {
		script := engine.Script{Label: "x", Resources: []op.ScriptedResource{resource}}
		must(t, node, op.InvalidArgument, engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: 20, Script: script}})
	}
	_, there := node.ScriptOf(20)
	if there {
		t.Error("a refused script has an effect")
	}
	script := engine.Script{Label: "x", Resources: []op.ScriptedResource{{Namespace: "a", Key: "k", Refs: []string{"image/a/i"}}}}
	must(t, node, op.OK, engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: 20, Script: script}})
	if got, there := node.ScriptOf(20); !there || !reflect.DeepEqual(got, script) {
		t.Errorf("the script is %+v (%t)", got, there)
	}
}

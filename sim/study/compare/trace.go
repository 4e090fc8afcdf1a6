package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// ReadTrace converts a trace of Ops, in the format of [engine.Replay], to a load. It pulls an image when the trace
// creates its record, and runs and removes containers as the trace does. It ignores deletions of images and
// collections: these are the decisions of policies. Error: the first invalid line.
func ReadTrace(r io.Reader, name string) (*Load, error) {
	trace, err := engine.NewTraceReader(r)
	if err != nil {
		return nil, err
	}
	setup := trace.Setup
	setup.Unscheduled = true
	options, err := setup.Options()
	if err != nil {
		return nil, err
	}
	e, err := engine.New(options...)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	t := &traceReader{engine: e, at: e.Clock().Now(), tags: map[stored]imageRecord{}, containers: map[stored]*tracedContainer{}, images: map[imageRecord]*Image{}, pinned: map[stored]bool{}}
	t.load.Start = t.at
	for {
		op, err := trace.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		t.apply(op)
	}
	if len(t.events) == 0 {
		return nil, invalid("trace %q: creates no image and no container", name)
	}
	return t.finish(name), nil
}

// A traceReader applies a trace to an engine of its own, without the trace's removals.
type traceReader struct {
	engine     *engine.Engine
	load       Load
	at         time.Time // latest time so far
	events     []traceEvent
	tags       map[stored]imageRecord // by namespace and name of the image record
	containers map[stored]*tracedContainer
	images     map[imageRecord]*Image
	pinned     map[stored]bool // image records that at one time had the label
}

// An imageRecord is an image record with its target at one time.
type imageRecord struct {
	namespace, name string
	target          digest.Digest
	size            int64
}

type traceEvent struct {
	at      time.Time
	pull    *imageRecord
	run     *tracedContainer
	removed *tracedContainer
}

type tracedContainer struct {
	*Container
	image       imageRecord
	snapshotter string
	key         string
}

// lossy lists the Ops that the load omits: removals and fault injection.
var lossy = []op.Name{
	op.Collect, op.ScheduleRun, op.ScheduleTrigger, op.ImagesDelete, op.ContentDelete, op.NamespacesDelete,
	op.FaultsSet, op.NodeFork, op.NodeDrop, op.NodeKill, op.NodeRestart, op.NodeCrash,
}

func (t *traceReader) apply(o engine.Op) {
	switch {
	case slices.Contains(lossy, o.Name) || o.Fork != "":
		return
	case o.Name == op.SchedulePass:
		if a, ok := o.Args.(op.SchedulePassArgs); ok && a.By > 0 {
			t.engine.Clock().Advance(a.By)
		}
	default:
		if t.engine.Apply(context.Background(), o).Code == op.OK {
			t.note(o)
		}
	}
	if now := t.engine.Clock().Now(); now.After(t.at) {
		t.at = now
	}
}

// note adds the effect of a successful Op to the load.
func (t *traceReader) note(o engine.Op) {
	switch a := o.Args.(type) {
	case op.ImageRecord:
		i := imageRecord{o.NS, a.Image.Name, a.Image.Target.Digest, a.Image.Target.Size}
		at := stored{i.namespace, i.name}
		t.pinned[at] = t.pinned[at] || a.Image.Labels[nodestate.PinnedLabel] == nodestate.Pinned
		if i.target != "" && t.tags[at] != i {
			t.tags[at] = i
			t.events = append(t.events, traceEvent{at: t.at, pull: &i})
		}
	case op.ContainerRecord:
		if o.Name == op.ContainersCreate {
			c := &tracedContainer{
				Container: &Container{ID: a.Container.ID}, image: t.tags[stored{o.NS, a.Container.Image}],
				snapshotter: a.Container.Snapshotter, key: a.Container.SnapshotKey,
			}
			if c.image.name == "" { // of an image that the trace doesn't have
				c.image = imageRecord{namespace: o.NS, name: a.Container.Image, target: digest.FromString(a.Container.Image), size: 1} // 0 is refused
			}
			t.containers[stored{o.NS, c.ID}] = c
			t.events = append(t.events, traceEvent{at: t.at, run: c})
		}
	case op.Identified:
		at := stored{o.NS, a.ID}
		if c := t.containers[at]; c != nil && o.Name == op.ContainersDelete {
			delete(t.containers, at)
			t.events = append(t.events, traceEvent{at: t.at, removed: c})
		}
	case op.SnapshotsSetUsageArgs:
		for name, c := range t.containers {
			if name.namespace == o.NS && c.key == a.Key && c.snapshotter == a.Snapshotter {
				c.Written = max(c.Written, a.Usage.Size)
			}
		}
	}
}

// finish creates the events of the load. Before the end of the trace, labels of images may be missing.
func (t *traceReader) finish(name string) *Load {
	l := &t.load
	for _, e := range t.events {
		switch {
		case e.pull != nil:
			l.Events = append(l.Events, Event{At: e.at, Pull: t.image(*e.pull)})
		case e.run != nil:
			e.run.Image = t.image(e.run.image)
			l.Events = append(l.Events, Event{At: e.at, Run: e.run.Container})
		case e.removed != nil:
			l.Events = append(l.Events, Event{At: e.at, Remove: e.removed.Container})
		}
	}
	l.End = t.at.Add(afterTrace)
	l.Info = LoadInfo{
		Kind: "trace", Name: name, About: fmt.Sprintf("%d events between %s and %s", len(l.Events), l.Start.Format(time.RFC3339), t.at.Format(time.RFC3339)),
		Notes: []string{
			"Deletions and collections of the trace are ignored: the policies decide these.",
			fmt.Sprintf("A snapshot is assumed to have %.1f times the size of its compressed layer. The simulation ends %s after the trace.", traceFactor, afterTrace),
		},
	}
	return l
}

// Figures that a trace lacks: the ratio of the size of a snapshot to its layer, as in the profiles, and the time after
// its end.
const (
	traceFactor = 2.6
	afterTrace  = time.Hour
)

// image returns the image of a record's target.
func (t *traceReader) image(of imageRecord) *Image {
	i := t.images[of]
	if i == nil {
		ctx := namespaces.WithNamespace(context.Background(), of.namespace)
		i = readImage(ctx, t.engine, of.namespace, ocispec.Descriptor{Digest: of.target, Size: of.size}, defaultSnapshotter, traceFactor)
		i.Pinned = t.pinned[stored{of.namespace, of.name}]
		i.Name, i.Family, i.Names = of.name, family(of.name), []string{of.name}
		if t.tags[stored{of.namespace, of.name}] != of {
			i.Name += "@" + string(of.target) // an older target of that name
		}
		t.images[of] = i
	}
	return i
}

package sim

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// Streams are the resources of the simulator's own Collector.
const (
	streamType  = 16
	streamLabel = "stream" // the suffix of labels that refer to a stream
)

// stream reports a new set of streams as the Collector's resources, waits, and looks at the streams that are left.
func stream(a *actor) {
	script := engine.Script{Label: streamLabel}
	for range a.IntN(4) {
		script.Resources = append(script.Resources, a.stream())
	}
	a.call(engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: streamType, Script: script}})
	a.idle(10 + a.IntN(20))
	r := a.call(engine.Op{Name: op.CollectorsGet, Args: op.CollectorsGetArgs{Type: streamType}})
	if left, ok := r.Value.(engine.Script); ok && len(left.Resources) < len(script.Resources) {
		a.mark(ResourceCollected)
	}
}

// stream draws a stream.
func (w *world) stream() op.ScriptedResource {
	t := op.ScriptedResource{Namespace: w.space(), Key: w.name(streamLabel), Active: w.oneIn(3)}
	if w.oneIn(2) {
		t.Leases = []string{w.name("lease")}
	}
	for range w.IntN(3) {
		t.Refs = append(t.Refs, w.node(t.Namespace))
	}
	if w.oneIn(2) {
		t.BackRefs = []string{w.node(t.Namespace)}
	}
	return t
}

// node draws the name of a possible object, mostly in that namespace.
func (w *world) node(ns string) string {
	if w.oneIn(6) {
		ns = w.space()
	}
	switch w.IntN(5) {
	case 0:
		return fmt.Sprintf("snapshot/%s/%s/%s", ns, w.snapshotter(), w.snapshot())
	case 1:
		return fmt.Sprintf("image/%s/%s", ns, w.image().name)
	case 2:
		return fmt.Sprintf("type%d/%s/%s", streamType, ns, w.name(streamLabel))
	}
	return fmt.Sprintf("content/%s/%s", ns, w.blob().digest)
}

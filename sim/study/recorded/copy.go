package recorded

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// A Copy is a copy of the daemon's database that was made while the recording ran.
type Copy struct {
	Time time.Time      // of the copy, to the second or better; see [Correction]
	Node *engine.Engine // opened from the copy; it is only read
}

// A copied has the content of a Copy.
type copied struct {
	*state
	given   time.Time // Copy.Time
	at      time.Time // the time that agrees best with the events
	node    *engine.Engine
	nodes   map[string]gc.Node // all objects, by the name of the node
	leases  map[at]leases.Lease
	holders map[holding]string // a lease that holds the object
}

// A holding identifies a resource of a lease.
type holding struct {
	namespace string
	leases.Resource
}

// copyWindow is how far the time of a copy may be off.
const copyWindow = 3 * time.Second

// readCopies reads the copies in the order of their times. Errors: see Interpret.
func readCopies(copies []Copy, start, end time.Time) ([]*copied, error) {
	copies = slices.Clone(copies)
	slices.SortStableFunc(copies, func(a, b Copy) int { return a.Time.Compare(b.Time) })
	var list []*copied
	for n, c := range copies {
		when := c.Time.UTC().Format(time.RFC3339Nano)
		if c.Time.Before(start) || c.Time.After(end) {
			return nil, invalid("copy of the database at %s: the recording is from %s to %s: an earlier copy can only be the state before it",
				when, start.UTC().Format(time.RFC3339Nano), end.UTC().Format(time.RFC3339Nano))
		}
		if n > 0 && c.Time.Equal(copies[n-1].Time) {
			return nil, invalid("two copies of the database at %s: each needs a time of its own", when)
		}
		read, err := readCopy(c)
		if err != nil {
			return nil, fmt.Errorf("copy of the database at %s: %w", when, err)
		}
		list = append(list, read)
	}
	return list, nil
}

func readCopy(c Copy) (*copied, error) {
	r := &copied{
		state: newState(), given: c.Time.UTC(), at: c.Time.UTC(), node: c.Node,
		leases: map[at]leases.Lease{}, holders: map[holding]string{},
	}
	_, err := readBefore(c.Node, r.state)
	if err == nil {
		r.nodes, err = nodesOf(c.Node)
	}
	if err != nil {
		return nil, err
	}
	for ns := range r.spaces {
		ctx := namespaces.WithNamespace(context.Background(), ns)
		list, err := c.Node.Leases().List(ctx)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(list, func(a, b leases.Lease) int { return strings.Compare(a.ID, b.ID) })
		for _, l := range list {
			r.leases[at{ns, l.ID}] = l
			held, err := c.Node.Leases().ListResources(ctx, l)
			if err != nil {
				return nil, err
			}
			for _, h := range held {
				if _, ok := r.holders[holding{ns, h}]; !ok {
					r.holders[holding{ns, h}] = l.ID
				}
			}
		}
	}
	return r, nil
}

// nodesOf returns the objects of a node, by their names.
func nodesOf(e *engine.Engine) (map[string]gc.Node, error) {
	list, err := examine.Objects(e.KV())
	if err != nil {
		return nil, err
	}
	all := map[string]gc.Node{}
	for _, o := range list {
		if n, err := metadata.ParseNode(o.Node); err == nil {
			all[o.Node] = n
		}
	}
	return all, nil
}

// A touch is the effect of an event on an object: afterwards it exists, or it doesn't.
type touch struct {
	node   string
	exists bool
}

// touches returns the effects of an event on the objects that a copy has.
func touches(e Event) []touch {
	name := func(kind gc.ResourceType, key string) string {
		return metadata.NodeName(gc.Node{Type: kind, Namespace: e.Namespace, Key: key})
	}
	gone := strings.HasSuffix(e.Topic, "/delete") || strings.HasSuffix(e.Topic, "/remove")
	switch b := e.Body.(type) {
	case *Blob:
		return []touch{{name(metadata.ResourceContent, string(b.Digest)), !gone}}
	case *Image:
		return []touch{{name(metadata.ResourceImage, b.Name), !gone}}
	case *Container:
		return []touch{{name(metadata.ResourceContainer, b.ID), !gone}}
	case *Snapshot:
		key := name(metadata.ResourceSnapshot, b.Snapshotter+"/"+b.Key)
		if e.Topic == "/snapshot/commit" {
			return []touch{{key, false}, {name(metadata.ResourceSnapshot, b.Snapshotter+"/"+b.Name), true}}
		}
		return []touch{{key, !gone}}
	}
	return nil
}

// align moves the copy to the time, within the window, at which the fewest events contradict it. The given time may be
// in seconds, and copying takes time. The effects of events before that time should be in the copy, those of later ones
// should not. It looks at kinds with events for all removals.
func (c *copied) align(events []Event, tellsRemovals bool) {
	first, _ := slices.BinarySearchFunc(events, c.given.Add(-copyWindow), func(e Event, t time.Time) int { return e.Time.Compare(t) })
	last, _ := slices.BinarySearchFunc(events, c.given.Add(copyWindow), func(e Event, t time.Time) int { return e.Time.Compare(t) })
	events = slices.DeleteFunc(slices.Clone(events[first:last]), func(e Event) bool {
		switch e.Body.(type) {
		case *Image, *Container:
			return strings.HasSuffix(e.Topic, "/update")
		case *Snapshot:
			return !tellsRemovals
		}
		return true
	})
	if len(events) == 0 {
		return
	}
	contradictions := func(at time.Time) (n int) {
		for _, e := range events {
			for _, t := range touches(e) {
				_, has := c.nodes[t.node]
				if shows := has == t.exists; shows == e.Time.After(at) {
					n++
				}
			}
		}
		return n
	}
	least := contradictions(c.given)
	consider := func(at time.Time) {
		n := contradictions(at)
		if n < least || n == least && at.Sub(c.given).Abs() < c.at.Sub(c.given).Abs() {
			least, c.at = n, at
		}
	}
	consider(events[0].Time.Add(-1))
	for _, e := range events {
		consider(e.Time)
	}
}

package recorded

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// Options are information that events lack. The zero Options have none.
type Options struct {
	// Before is a node opened from the database from before the events; it is only read. Nil: unknown, and objects that
	// events presuppose are created when first needed.
	Before *engine.Engine

	// Start is the time at which the daemon started; zero: a second before the first event.
	Start time.Time

	// End is the end of the recording; zero: a second after the last event, or the last copy, if that is within 10
	// minutes after it.
	End time.Time

	// Known returns information about an event beyond its line. Nil: none for any event.
	Known func(Event) Known

	// Log is the daemon's log of the same time; it is only read. Nil: unknown.
	Log *Log

	// Copies are copies of the database from the time of the recording, in any order. From the time of each, the trace
	// has exactly its objects.
	Copies []Copy

	// Also are Ops without events, in the order of their times.
	Also []Step
}

// Known is information about an event beyond its line. Zero fields are unknown.
type Known struct {
	Call   string        // identifies the client's call: events of two calls belong to two pulls
	Lease  *string       // the lease of the call; "" is none
	Target digest.Digest // the target of the image record
	Source string        // the image record with the same target from which this record was tagged
	Unheld bool          // nothing refers to the blob
}

// Assumptions where neither events nor Options have information.
const (
	startLead   = time.Second      // from the daemon's start to the first event: its first collection is over
	endTrail    = time.Second      // from the last event to the end
	quiet       = 10 * time.Minute // from the last event to the last copy of the database
	leaseTime   = 24 * time.Hour   // lifetime of the lease of a client that died (containerd's client/lease.go)
	snapshotter = "overlayfs"      // containerd's default on Linux
	runtimeName = "io.containerd.runc.v2"
	olderRules  = "1.6" // for daemons whose events name no snapshotter
)

// Interpret converts events, as Read returns them, to a trace. The same events and options give the same trace. Errors:
// errdefs.ErrInvalidArgument if there are no events, if an event or a copy is not between start and end, if two copies
// have the same time, or if a copy and the recording have no object in common; those of the databases.
func Interpret(events []Event, o Options) (*Trace, error) {
	events = slices.Clone(events)
	if len(events) == 0 {
		return nil, invalid("no events")
	}
	first, last := events[0].Time, events[len(events)-1].Time
	if o.Start.IsZero() {
		o.Start = first.Add(-startLead)
	}
	if o.End.IsZero() {
		o.End = last.Add(endTrail)
		for _, c := range o.Copies {
			if c.Time.After(o.End) && !c.Time.After(last.Add(quiet)) {
				o.End = c.Time
			}
		}
	}
	if first.Before(o.Start) || last.After(o.End) {
		return nil, invalid("events from %s to %s: not between the start, %s, and the end, %s", first, last, o.Start, o.End)
	}
	if o.Known == nil {
		o.Known = func(Event) Known { return Known{} }
	}
	start := o.Start.UTC()
	i := &interpreter{
		state: newState(), events: events, known: o.Known, trace: &Trace{Setup: engine.Setup{Start: &start}, End: o.End.UTC()},
		leases: byNamespace[bool]{}, unrooted: map[at]int{}, lastCall: events[0],
	}
	i.summary = &i.trace.Summary
	if o.Log != nil {
		copied := *o.Log
		i.log = &copied
	}
	i.survey()
	var err error
	if o.Before != nil {
		if i.trace.Before, err = readBefore(o.Before, i.state); err != nil {
			return nil, err
		}
	}
	if i.copies, err = readCopies(o.Copies, o.Start, o.End); err != nil {
		return nil, err
	}
	i.setup()
	for _, c := range i.copies {
		c.align(i.events, i.summary.TellsRemovals)
	}
	slices.SortStableFunc(i.copies, func(a, b *copied) int { return a.at.Compare(b.at) })
	if err := i.addCommits(); err != nil {
		return nil, err
	}
	events = i.events
	i.prove()
	ahead := *i.state
	ahead.images = maps.Clone(i.state.images)
	for where, image := range ahead.images {
		copied := *image
		ahead.images[where] = &copied
	}
	i.hindsight = lookAhead(events, i.known, &ahead, i.summary.TellsBlobs)
	i.own()
	i.summary.Recreated = len(i.hindsight.again)
	i.summary.LostExits, i.summary.LostTasks = i.hindsight.tasks.lostExits, i.hindsight.tasks.lostDeletes
	facts, err := i.facts()
	if err != nil {
		return nil, err
	}
	also := slices.Concat(o.Also, facts)
	slices.SortStableFunc(also, func(a, b Step) int { return a.At.Compare(b.At) })
	if i.model, err = newModel(i.trace.Setup, i.trace.Before, also); err != nil {
		return nil, err
	}
	defer i.model.node.Close()
	i.useLog()
	if i.log != nil && len(i.trace.Collections) == 0 {
		return nil, invalid("no collection of the log is between the start of the events, %s, and their end, %s: "+
			"pass the log of the same daemon and time", o.Start, o.End)
	}
	left := i.copies
	pass := func(to time.Time) error {
		for len(left) > 0 && left[0].at.Before(to) {
			i.collectBlobs(left[0].at)
			i.model.pass(left[0].at)
			if err := i.correct(left[0]); err != nil {
				return err
			}
			left = left[1:]
		}
		i.collectBlobs(to)
		i.model.pass(to)
		return nil
	}
	for n, e := range events {
		if err := pass(e.Time); err != nil {
			return nil, err
		}
		i.event(n, e)
	}
	if err := pass(i.trace.End.Add(1)); err != nil {
		return nil, err
	}
	if i.log != nil {
		i.summary.Confidence.Collections.Certain = len(i.trace.Collections)
	} else {
		i.summary.Confidence.Collections.Likely = len(i.trace.Collections)
	}
	i.merge(also)
	return i.trace, nil
}

// An interpreter converts events to Ops, one after the other.
type interpreter struct {
	*state
	*hindsight
	events  []Event
	known   func(Event) Known
	trace   *Trace
	summary *Summary
	leases  byNamespace[bool] // open leases
	uploads map[at]bool       // ingests of the last copy
	copies  []*copied         // in order
	proofs  map[int]*copied   // by event; see prove
	now     Event
	log     *Log // with the removals of blobs that are still to come; nil for none

	model    *model
	lastCall Event      // the last event of a client's call
	unrooted map[at]int // the step with the trace's own removal of a snapshot that a collection removed
}

// survey counts the events and finds out which information they have.
func (i *interpreter) survey() {
	s := i.summary
	s.Events, s.Topics = len(i.events), map[string]int{}
	for _, e := range i.events {
		s.Topics[e.Topic]++
		if snap, ok := e.Body.(*Snapshot); ok && snap.Snapshotter != "" {
			s.TellsRemovals = true
		}
	}
	s.TellsBlobs = s.Topics["/content/create"] > 0
	s.Namespaces = s.Topics["/namespaces/create"]
	s.Images = s.Topics["/images/create"]
	s.Containers = s.Topics["/containers/create"]
	s.Snapshots = s.Topics["/snapshot/prepare"]
	s.Blobs = s.Topics["/content/create"]
}

// setup collects the names of snapshotters, and completes events that name none.
func (i *interpreter) setup() {
	if i.snapshotter == "" {
		i.snapshotter = snapshotter
	}
	names := map[string]bool{i.snapshotter: true}
	states := []*state{i.state}
	for _, c := range i.copies {
		states = append(states, c.state)
	}
	for _, s := range states {
		for where := range s.snapshots {
			name, _, _ := strings.Cut(where.key, "/")
			names[name] = true
		}
	}
	for n := range i.events {
		if s, ok := i.events[n].Body.(*Snapshot); ok {
			if s.Snapshotter == "" {
				named := *s
				named.Snapshotter = i.snapshotter
				i.events[n].Body = &named
			}
			names[i.events[n].Body.(*Snapshot).Snapshotter] = true
		}
	}
	i.trace.Setup.Snapshotters = slices.Sorted(maps.Keys(names))
	if i.summary.Snapshots > 0 && !i.summary.TellsRemovals {
		i.trace.Setup.Rules = olderRules
	}
}

// merge inserts the steps of Options.Also.
func (i *interpreter) merge(also []Step) {
	for _, s := range also {
		if !s.At.Before(*i.trace.Setup.Start) && !s.At.After(i.trace.End) {
			i.trace.Steps = append(i.trace.Steps, s)
		}
	}
	slices.SortStableFunc(i.trace.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
}

func (i *interpreter) add(h engine.Header, name op.Name, args any) {
	o := engine.Op{Name: name, Header: h, Args: args}
	i.trace.Steps = append(i.trace.Steps, Step{At: i.now.Time, Line: i.now.Line, Op: o})
	i.model.apply(o)
}

// here returns the header of a call in the event's namespace, under a lease unless it is "".
func (i *interpreter) here(lease string) engine.Header {
	h := engine.Header{NS: i.now.Namespace}
	if lease != "" {
		h.Lease = &lease
	}
	return h
}

// event converts one event to Ops.
func (i *interpreter) event(n int, e Event) {
	i.now = e
	if e.Topic != "/snapshot/remove" {
		i.lastCall = e
	}
	if e.Body == nil {
		return
	}
	if _, ok := i.spaces[e.Namespace]; !ok && e.Topic != "/namespaces/create" && e.Topic != "/namespaces/delete" {
		i.spaces[e.Namespace] = nil
		i.summary.Implicit++
	}
	p := i.pulls[n]
	switch {
	case p == nil:
	case p.first == n:
		i.begin(p)
	case p.leased && !i.leases[e.Namespace][i.pullLease(p)]: // a copy made during the pull lacks the assumed lease
		i.lease(i.pullLease(p))
	}
	switch body := e.Body.(type) {
	case *Namespace:
		i.namespace(body)
	case *Blob:
		i.blob(n, body, p)
	case *Snapshot:
		i.snapshot(n, body, p)
	case *Image:
		i.image(n, body, p)
	case *Container:
		i.container(n, body)
	}
	if p != nil && p.last == n {
		i.end(p)
	}
}

// leaseName returns a name that no client gives to a lease.
func leaseName(of string, number int) string { return fmt.Sprintf("recorded-%s-%d", of, number) }

// lease creates a lease, as clients do around a pull.
func (i *interpreter) lease(name string) {
	i.leases.put(i.now.Namespace, name, true)
	expire := i.now.Time.Add(leaseTime).Format(time.RFC3339)
	i.add(i.here(""), op.LeasesCreate, op.LeasesCreateArgs{ID: name, Labels: map[string]string{nodestate.ExpireLabel: expire}})
}

func (i *interpreter) release(name string) {
	delete(i.leases[i.now.Namespace], name)
	i.add(i.here(""), op.LeasesDelete, op.LeasesDeleteArgs{ID: name})
}

func (i *interpreter) namespace(n *Namespace) {
	old, there := i.spaces[n.Name]
	switch i.now.Topic {
	case "/namespaces/create":
		i.spaces[n.Name] = n.Labels
		i.add(engine.Header{}, op.NamespacesCreate, op.NamespacesCreateArgs{Name: n.Name, Labels: n.Labels})
	case "/namespaces/update":
		i.relabel(n.Name, old, n.Labels)
		i.spaces[n.Name] = n.Labels
	case "/namespaces/delete":
		if !there {
			i.summary.Unseen++
			return
		}
		i.empty(n.Name)
		i.add(engine.Header{}, op.NamespacesDelete, op.Named{Name: n.Name})
		delete(i.spaces, n.Name)
	}
}

// relabel changes the labels of a namespace from old to labels.
func (i *interpreter) relabel(ns string, old, labels map[string]string) {
	all := map[string]string{}
	for key := range old {
		all[key] = "" // which deletes it
	}
	maps.Copy(all, labels)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		i.add(engine.Header{}, op.NamespacesSetLabel, op.NamespacesSetLabelArgs{Name: ns, Key: key, Value: all[key]})
	}
}

// empty removes the objects in a namespace that was deleted: a daemon deletes only empty namespaces.
func (i *interpreter) empty(ns string) {
	for _, name := range i.leases.keys(ns) {
		i.release(name)
	}
	for _, key := range i.blobs.keys(ns) {
		i.add(i.here(""), op.ContentDelete, op.Blob{Digest: digest.Digest(key)})
	}
	delete(i.blobs, ns)
}

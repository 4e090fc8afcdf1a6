package containerd_test

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// TestOverlappingCalls lets clients of containerd's package, and of this module's, call at the same time, each in a
// namespace of its own. With isolated content, each call must have the same result as if the client were alone, and the
// same records stay at the end.
func TestOverlappingCalls(t *testing.T) {
	for name, start := range map[string]daemonOf{"containerd": containerdDaemon, "holdfast": holdfastDaemon} {
		t.Run(name, func(t *testing.T) {
			counts, difference := overlap(t, 30, start)
			if difference != "" {
				t.Fatal(difference)
			}
			for _, together := range [][]op.Name{
				{op.ContentAbort, op.Collect}, {op.ContentAbort, op.NamespacesDelete}, {op.Collect, op.NamespacesDelete},
				{op.ContentAbort, op.Collect, op.NamespacesCreate, op.NamespacesDelete},
			} {
				if n := counts.rounds(together...); n == 0 {
					t.Errorf("no round has calls of %v that succeed", together)
				} else {
					t.Logf("%d rounds have calls of %v that succeed", n, together)
				}
			}
		})
	}
}

// TestOverlappingCallsBite injects a bug that needs a deletion of a namespace, a collection and an upload of three
// clients: the first collection after the deletion of a namespace also removes the uploads of the others.
func TestOverlappingCallsBite(t *testing.T) {
	if _, difference := overlap(t, 30, func(t *testing.T) daemon {
		d := containerdDaemon(t)
		var deleted atomic.Bool
		return daemon{content: d.content, client: func() applier { return forgetting{d.client(), d.content, &deleted} }}
	}); difference == "" {
		t.Error("no call has another result")
	}
}

// forgetting is a client of a daemon with that bug.
type forgetting struct {
	applier
	content *backend.Content
	deleted *atomic.Bool // a namespace, since the last collection
}

func (f forgetting) Apply(o engine.Op) engine.Result {
	if o.Name == op.Collect && f.deleted.Swap(false) {
		var refs []string
		_ = f.content.WalkStatusRefs(context.Background(), func(ref string) error {
			refs = append(refs, ref)
			return nil
		})
		for _, ref := range refs {
			_ = f.content.Abort(context.Background(), ref) // another client may have removed it
		}
	}
	r := f.applier.Apply(o)
	if o.Name == op.NamespacesDelete && r.Code == op.OK {
		f.deleted.Store(true)
	}
	return r
}

// A successes has, for each round, the names of the calls that succeeded, with the clients that made them.
type successes []map[op.Name][]int

// rounds counts the rounds in which each of these calls succeeded, at least two of them for different clients.
func (s successes) rounds(names ...op.Name) (n int) {
	for _, round := range s {
		clients, all := map[int]bool{}, true
		for _, name := range names {
			all = all && len(round[name]) > 0
			for _, client := range round[name] {
				clients[client] = true
			}
		}
		if all && len(clients) > 1 {
			n++
		}
	}
	return n
}

// overlap lets four clients call at the same time, in each of several rounds. It returns the calls that succeed, and
// describes the first call with another result than alone, or "".
//
// A third of the rounds has no collections. In the others, a lease of each client keeps its records: when the garbage
// of a client goes depends on the collections of the others. Half of these also empty, delete and create the
// namespaces.
func overlap(t *testing.T, rounds int, start daemonOf) (counts successes, difference string) {
	const clients = 4
	for seed := range int64(rounds) {
		histories := make([][]engine.Op, clients)
		for i := range histories {
			p := gopter.DefaultGenParameters().CloneWithSeed(seed/3*clients + int64(i)).WithSize(60)
			drawn := generate.Histories(generate.Calm)(p).Result.(generate.History).Ops
			h := withoutAborted(inNamespace(fmt.Sprintf("client%d", i), drawn))
			switch seed % 3 {
			case 0:
				h = slices.DeleteFunc(h, func(o engine.Op) bool { return o.Name == op.Collect })
			case 1:
				h = underLease(t, h)
			case 2:
				h = inLives(t, h)
			}
			histories[i] = h
		}
		counts = append(counts, map[op.Name][]int{})
		var alone [clients][]string
		for i, h := range histories {
			node := start(t).client()
			alone[i] = append(calls(node, h, func(name op.Name) {
				counts[seed][name] = append(counts[seed][name], i)
			}), records(node, h)...)
		}
		d := start(t)
		var together [clients][]string
		var nodes [clients]applier
		var all sync.WaitGroup
		for i, h := range histories {
			nodes[i] = d.client()
			all.Go(func() { together[i] = calls(nodes[i], h, func(op.Name) {}) })
		}
		all.Wait()
		for i, h := range histories {
			together[i] = append(together[i], records(nodes[i], h)...)
			for j := range alone[i] {
				if alone[i][j] != together[i][j] {
					return counts, fmt.Sprintf("seed %d, client %d, call %d of %d:\nalone    %s\ntogether %s\nafter\n%s", seed, i, j+1, len(h),
						alone[i][j], together[i][j], strings.Join(alone[i][:j], "\n"))
				}
			}
		}
	}
	return counts, ""
}

// inNamespace moves the Ops to one namespace.
func inNamespace(ns string, ops []engine.Op) (moved []engine.Op) {
	for _, o := range ops {
		if o.NS != "" {
			o.NS = ns
		}
		switch a := o.Args.(type) {
		case op.NamespacesCreateArgs:
			a.Name = ns
			o.Args = a
		case op.Named:
			if o.Name == op.NamespacesDelete {
				o.Args = op.Named{Name: ns}
			}
		}
		moved = append(moved, o)
	}
	return moved
}

// withoutAborted leaves out the commits of aborted ingests. Such a commit succeeds if another client has the blob
// (docs/upstream, finding 17).
func withoutAborted(ops []engine.Op) (others []engine.Op) {
	refs, aborted := map[string]map[string]bool{}, map[string]bool{} // by writer
	for _, o := range ops {
		switch a := o.Args.(type) {
		case op.WritersOpenArgs:
			if refs[a.Name] == nil {
				refs[a.Name] = map[string]bool{}
			}
			refs[a.Name][a.Ref] = true
		case op.Ingest:
			for writer := range refs {
				if o.Name == op.ContentAbort && refs[writer][a.Ref] {
					aborted[writer] = true
				}
			}
		case op.WritersCommitArgs:
			if aborted[a.Name] {
				continue
			}
		case op.Named:
			if o.Name == op.WritersClose {
				delete(refs, a.Name)
				delete(aborted, a.Name)
			}
		}
		others = append(others, o)
	}
	return others
}

// underLease makes all calls under a lease that keeps their records. Nothing expires, and the namespace stays.
func underLease(t *testing.T, ops []engine.Op) []engine.Op {
	const lease = "of the client"
	var ns string
	var all []engine.Op
	for _, o := range ops {
		if o.Name == op.NamespacesDelete {
			continue
		}
		o, err := op.Parse([]byte(strings.ReplaceAll(o.String(), "gc.expire", "gc.expiry")))
		if err != nil {
			t.Fatal(err)
		}
		if o.NS != "" {
			ns, o.Lease = o.NS, new(string)
			*o.Lease = lease
		}
		all = append(all, o)
	}
	return slices.Concat([]engine.Op{{Name: op.LeasesCreate, Header: engine.Header{NS: ns}, Args: op.LeasesCreateArgs{ID: lease}}}, all)
}

// lives is the number of times that a namespace of inLives is created and deleted.
const lives = 3

// inLives makes the calls in several lives of the namespace. Each begins with its creation. At its end, all records are
// deleted, and then the namespace. Before that, its deletion fails, unless the life has left no record.
//
// Each life has its own names of snapshots. A namespace that is created again numbers its snapshots from 1 again, so
// that a call can depend on the last clean-up (docs/upstream, finding 16).
func inLives(t *testing.T, ops []engine.Op) (all []engine.Op) {
	ns := ""
	for _, o := range ops {
		ns = cmp.Or(ns, o.NS)
	}
	in := engine.Header{NS: ns}
	deleted := engine.Op{Name: op.NamespacesDelete, Args: op.Named{Name: ns}}
	for life := range lives {
		var part, end []engine.Op
		ended := map[string]bool{}
		drop := func(name op.Name, args any) {
			if o := (engine.Op{Name: name, Header: in, Args: args}); !ended[o.String()] {
				ended[o.String()] = true
				end = append(end, o)
			}
		}
		for _, o := range ops[len(ops)*life/lives : len(ops)*(life+1)/lives] {
			o = ofLife(o, fmt.Sprint("-", life))
			part = append(part, o)
			switch a := o.Args.(type) {
			case op.WritersOpenArgs:
				drop(op.WritersClose, op.Named{Name: a.Name})
				drop(op.ContentAbort, op.Ingest{Ref: a.Ref})
			case op.WritersCommitArgs:
				drop(op.ContentDelete, op.Blob{Digest: a.Expected})
			case op.ImageRecord:
				drop(op.ImagesDelete, op.ImagesDeleteArgs{Name: a.Image.Name})
			case op.ContainerRecord:
				drop(op.ContainersDelete, op.Identified{ID: a.Container.ID})
			}
		}
		// A snapshot can be removed after those on it, which were made later or took over a name.
		for range 3 {
			for i := len(part) - 1; i >= 0; i-- {
				switch a := part[i].Args.(type) {
				case op.SnapshotCreate:
					end = append(end, engine.Op{Name: op.SnapshotsRemove, Header: in, Args: op.Snapshot{Snapshotter: a.Snapshotter, Key: a.Key}})
				case op.SnapshotsCommitArgs:
					end = append(end, engine.Op{Name: op.SnapshotsRemove, Header: in, Args: op.Snapshot{Snapshotter: a.Snapshotter, Key: a.Name}})
				}
			}
		}
		all = append(all, engine.Op{Name: op.NamespacesCreate, Args: op.NamespacesCreateArgs{Name: ns}})
		all = append(all, underLease(t, part)...)
		all = append(all, deleted)
		all = append(all, end...)
		all = append(all, deleted)
	}
	return all
}

// ofLife adds a suffix to the names of snapshots.
func ofLife(o engine.Op, suffix string) engine.Op {
	switch a := o.Args.(type) {
	case op.Snapshot:
		a.Key += suffix
		o.Args = a
	case op.SnapshotCreate:
		a.Key += suffix
		if a.Parent != "" {
			a.Parent += suffix
		}
		o.Args = a
	case op.SnapshotsCommitArgs:
		a.Name, a.Key = a.Name+suffix, a.Key+suffix
		o.Args = a
	case op.SnapshotsUpdateArgs:
		a.Info.Name += suffix
		o.Args = a
	}
	return o
}

// calls makes calls and returns their codes. It reports the names of those that succeed.
func calls(node applier, ops []engine.Op, ok func(op.Name)) (all []string) {
	for _, o := range ops {
		runtime.Gosched() // so that clients take turns, also on one processor
		r := node.Apply(o)
		if all = append(all, fmt.Sprint(o, " ", r.Code)); r.Code == op.OK {
			ok(o.Name)
		}
	}
	return all
}

// records collects and makes calls that list, and returns their codes and the numbers of records.
func records(node applier, ops []engine.Op) (all []string) {
	all = append(all, fmt.Sprint(op.Collect, " ", node.Apply(engine.Op{Name: op.Collect}).Code))
	seen := map[string]bool{}
	for _, o := range ops {
		for _, read := range []engine.Op{
			{Name: op.ImagesList}, {Name: op.ContainersList}, {Name: op.LeasesList}, {Name: op.ContentWalk},
		} {
			read.NS = o.NS
			if text := read.String(); o.NS != "" && !seen[text] {
				seen[text] = true
				r := node.Apply(read)
				all = append(all, fmt.Sprint(read, " ", r.Code, " ", reflect.ValueOf(r.Value).Len()))
			}
		}
	}
	return all
}

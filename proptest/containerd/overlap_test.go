package containerd_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/leanovate/gopter"
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

// TestOverlappingCalls lets clients of containerd's package call at the same time, each in a namespace of its own. With
// isolated content, each call must have the same result as if the client were alone, and the same records stay at the
// end.
//
// Half of the rounds have collections between the calls. There, a lease of each client keeps its records: when the
// garbage of a client goes depends on the collections of the others. These rounds have no deletions of namespaces: a
// namespace that is created again numbers its snapshots from 1 again, so that a call can depend on the last clean-up
// (docs/upstream, finding 16).
func TestOverlappingCalls(t *testing.T) {
	const clients, rounds = 4, 30
	counts := map[op.Name]int{}
	for seed := range int64(rounds) {
		histories := make([][]engine.Op, clients)
		for i := range histories {
			p := gopter.DefaultGenParameters().CloneWithSeed(seed/2*clients + int64(i)).WithSize(60)
			drawn := generate.Histories(generate.Calm)(p).Result.(generate.History).Ops
			h := inNamespace(fmt.Sprintf("client%d", i), drawn)
			if h = withoutAborted(h); seed%2 == 0 {
				h = slices.DeleteFunc(h, func(o engine.Op) bool { return o.Name == op.Collect })
			} else {
				h = underLease(t, h)
			}
			for _, o := range h {
				counts[o.Name]++
			}
			histories[i] = h
		}
		var alone [clients][]string
		for i, h := range histories {
			node := daemon(t)()
			alone[i] = append(calls(node, h), records(node, h)...)
		}
		client := daemon(t)
		var together [clients][]string
		var nodes [clients]*stores.Node
		var all sync.WaitGroup
		for i, h := range histories {
			nodes[i] = client()
			all.Go(func() { together[i] = calls(nodes[i], h) })
		}
		all.Wait()
		for i, h := range histories {
			together[i] = append(together[i], records(nodes[i], h)...)
			for j := range alone[i] {
				if alone[i][j] != together[i][j] {
					t.Fatalf("seed %d, client %d, call %d of %d:\nalone    %s\ntogether %s\nafter\n%s", seed, i, j+1, len(h),
						alone[i][j], together[i][j], strings.Join(alone[i][:j], "\n"))
				}
			}
		}
	}
	for _, name := range []op.Name{op.Collect, op.ContentAbort, op.NamespacesCreate, op.NamespacesDelete} {
		if counts[name] == 0 {
			t.Errorf("no %s", name)
		}
	}
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

// daemon returns a function that connects clients to a new daemon.
func daemon(t *testing.T) (client func() *stores.Node) {
	file, err := bbolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	layers := map[string]snapshots.Snapshotter{}
	for _, name := range generate.Snapshotters {
		layers[name] = backend.NewSnapshotter(time.Now, "/"+name)
	}
	db := metadata.NewDB(file, backend.NewContent(time.Now), layers, metadata.WithPolicyIsolated)
	if err := db.Init(context.Background()); err != nil {
		t.Fatal(err)
	}
	return func() *stores.Node {
		return stores.New(stores.Stores{
			Images: metadata.NewImageStore(db), Containers: metadata.NewContainerStore(db), Sandboxes: metadata.NewSandboxStore(db),
			Leases: metadata.NewLeaseManager(db), Content: db.ContentStore(), Snapshotters: db.Snapshotters(),
			Namespaces: func(_ context.Context, fn func(namespaces.Store) error) error {
				return db.Update(func(tx *bbolt.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
			},
			Collect: func(ctx context.Context) error {
				_, err := db.GarbageCollect(ctx)
				return err
			},
		})
	}
}

// calls makes calls and returns their codes.
func calls(node *stores.Node, ops []engine.Op) (all []string) {
	for _, o := range ops {
		all = append(all, fmt.Sprint(o, " ", node.Apply(o).Code))
	}
	return all
}

// records collects and makes calls that list, and returns their codes and the numbers of records.
func records(node *stores.Node, ops []engine.Op) (all []string) {
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

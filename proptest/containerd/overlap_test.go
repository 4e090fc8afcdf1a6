package containerd_test

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
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
func TestOverlappingCalls(t *testing.T) {
	const clients, rounds = 4, 15
	for seed := range int64(rounds) {
		histories := make([][]engine.Op, clients)
		for i := range histories {
			p := gopter.DefaultGenParameters().CloneWithSeed(seed*clients + int64(i)).WithSize(60)
			histories[i] = inNamespace(fmt.Sprintf("client%d", i), generate.Histories(generate.Calm)(p).Result.(generate.History).Ops)
		}
		var alone [clients][]string
		for i, h := range histories {
			client, collect := daemon(t)
			node := client()
			alone[i] = calls(node, h)
			collect()
			alone[i] = append(alone[i], records(node, h)...)
		}
		client, collect := daemon(t)
		var together [clients][]string
		var nodes [clients]*stores.Node
		var all sync.WaitGroup
		for i, h := range histories {
			nodes[i] = client()
			all.Go(func() { together[i] = calls(nodes[i], h) })
		}
		all.Wait()
		collect()
		for i, h := range histories {
			together[i] = append(together[i], records(nodes[i], h)...)
			for j := range alone[i] {
				if alone[i][j] != together[i][j] {
					t.Fatalf("seed %d, client %d, call %d of %d:\nalone    %s\ntogether %s", seed, i, j+1, len(h), alone[i][j], together[i][j])
				}
			}
		}
	}
}

// inNamespace moves the Ops to one namespace. It leaves out collections, which see the objects of all clients, and
// calls that concern other namespaces. It also leaves out aborts: the commit of an aborted ingest depends on the blobs
// of all clients.
func inNamespace(ns string, ops []engine.Op) (moved []engine.Op) {
	for _, o := range ops {
		if o.Name == op.Collect || o.Name == op.ContentAbort || o.Name.Group() == "namespaces" {
			continue
		}
		if o.NS != "" {
			o.NS = ns
		}
		moved = append(moved, o)
	}
	return moved
}

// daemon returns a function that connects clients to a new daemon, and one that collects.
func daemon(t *testing.T) (client func() *stores.Node, collect func()) {
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
	client = func() *stores.Node {
		return stores.New(stores.Stores{
			Images: metadata.NewImageStore(db), Containers: metadata.NewContainerStore(db), Sandboxes: metadata.NewSandboxStore(db),
			Leases: metadata.NewLeaseManager(db), Content: db.ContentStore(), Snapshotters: db.Snapshotters(),
		})
	}
	return client, func() {
		if _, err := db.GarbageCollect(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// calls makes calls and returns their codes.
func calls(node *stores.Node, ops []engine.Op) (all []string) {
	for _, o := range ops {
		all = append(all, fmt.Sprint(o, " ", node.Apply(o).Code))
	}
	return all
}

// records makes the calls of a history that read, and returns their codes and the numbers of records.
func records(node *stores.Node, ops []engine.Op) (all []string) {
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

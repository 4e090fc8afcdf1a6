package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// TestGoroutines uses a node's stores, clock, faults and forks from several goroutines, for the race detector. It
// checks that leased blobs stay.
func TestGoroutines(t *testing.T) {
	e := newEngine(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			ctx := namespaced(fmt.Sprint("ns", i%2))
			id := fmt.Sprint("lease", i)
			if _, err := e.Leases().Create(ctx, leases.WithID(id)); err != nil {
				t.Error(err)
				return
			}
			for j := range 20 {
				leased := leases.WithLease(ctx, id)
				desc := store(leased, e.Content(), fmt.Sprint(i, j))
				if _, err := e.Content().Info(ctx, desc.Digest); err != nil {
					t.Error(err)
				}
				key := fmt.Sprint("s", i, j)
				if _, err := e.Snapshotter("native").Prepare(ctx, key, ""); err != nil && !errdefs.IsUnavailable(err) {
					t.Error(err)
				}
			}
		})
	}
	all.Go(func() {
		for range 10 {
			if _, err := e.Collect(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := e.Pass(t.Context(), time.Second); err != nil {
				t.Error(err)
			}
			e.Hash()
			e.Events()
		}
	})
	all.Go(func() {
		for i := range 10 {
			if err := e.SetFault("slow", engine.Fault{On: "snapshots/native", OneIn: 3, Delay: time.Millisecond, Error: op.Unavailable}); err != nil {
				t.Error(err)
			}
			f := e.Fork()
			store(namespaced("fork"), f.Content(), fmt.Sprint(i))
			if _, err := f.Collect(t.Context()); err != nil {
				t.Error(err)
			}
			e.ClearFault("slow")
		}
	})
	all.Wait()
	if fsck, err := e.Fsck(); err != nil || fsck.Counts["error"] > 0 {
		t.Errorf("%+v, %v", fsck, err)
	}
}

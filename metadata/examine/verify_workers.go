package examine

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// eachBlob calls work for 0 to n-1, on all cores at once, and tick after each call, from the calling goroutine. It
// returns ctx's error if that ends before all calls are made.
func eachBlob(ctx context.Context, n int, work func(i int), tick func()) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	finished := make(chan struct{}, n)
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				work(int(i))
				finished <- struct{}{}
			}
		}()
	}
	go func() {
		workers.Wait()
		close(finished)
	}()
	for range finished {
		tick()
	}
	return ctx.Err()
}

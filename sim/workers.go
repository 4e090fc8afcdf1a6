package sim

import "sync"

// workers runs seeds on so many goroutines, each of which has one run at a time, and calls done with every
// outcome, one at a time but in any order. It ends when there are no more seeds.
func workers(n int, run func(Config) *Outcome, next func() (Config, bool), done func(*Outcome)) {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	for range n {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				mu.Lock()
				c, ok := next()
				mu.Unlock()
				if !ok {
					return
				}
				o := run(c)
				mu.Lock()
				done(o)
				mu.Unlock()
			}
		}()
	}
	group.Wait()
}

package sim

import "sync"

// workers runs seeds on n goroutines. It calls done with every outcome, one at a time but in any order. It returns when
// next has no more seeds and all runs have ended.
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

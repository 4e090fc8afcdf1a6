package main

import "sync"

// sideBySide calls do for 0 to n-1 on several goroutines. It calls each, one call at a time, for every success. It
// returns the first error, after which it starts no more calls.
func sideBySide(workers, n int, do func(int) error, each func(int)) error {
	var (
		mu     sync.Mutex
		next   int
		failed error
		wait   sync.WaitGroup
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= n && failed == nil
	}
	for range max(workers, 1) {
		wait.Go(func() {
			for i, more := take(); more; i, more = take() {
				err := do(i)
				mu.Lock()
				if err == nil {
					each(i)
				} else if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return failed
}

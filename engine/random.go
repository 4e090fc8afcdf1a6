package engine

import (
	"math/rand/v2"
	"sync"
)

// random is a random source with a copyable state.
type random struct {
	mu  sync.Mutex // never held during a call of other code
	pcg rand.PCG
}

// Uint64 returns the next number.
func (r *random) Uint64() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg.Uint64()
}

// state returns the current state of the source.
func (r *random) state() rand.PCG {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg
}

// oneIn returns true once in n times on average.
func (r *random) oneIn(n uint64) bool { return n <= 1 || r.Uint64()%n == 0 }

package engine

import (
	"math/rand/v2"
	"sync"
)

// random is a random source that can be copied, together with its state.
type random struct {
	mu  sync.Mutex // held for moments only
	pcg rand.PCG
}

// Uint64 returns the next number.
func (r *random) Uint64() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg.Uint64()
}

// state returns the source as it is now.
func (r *random) state() rand.PCG {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcg
}

// oneIn reports, once in n times on average, true.
func (r *random) oneIn(n uint64) bool { return n <= 1 || r.Uint64()%n == 0 }

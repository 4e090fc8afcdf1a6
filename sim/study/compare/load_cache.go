package compare

import (
	"slices"
	"sync"
)

// A drawnLoad is the load of one node. Nobody changes it, so the node has it under every policy.
type drawnLoad struct {
	seed   int // index
	load   func() (*Load, error)
	bounds func() bounds // of a load without error
}

// A loadCache has the loads of the nodes that were begun last. Safe for concurrent use.
type loadCache struct {
	mu   sync.Mutex
	list []*drawnLoad
}

// loadsKept is the size of the cache. Studies begin the cells of one node together.
const loadsKept = 2

// of returns the load of a node.
func (l *loadCache) of(p *plan, seed int) *drawnLoad {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := slices.IndexFunc(l.list, func(d *drawnLoad) bool { return d.seed == seed }); at >= 0 {
		return l.list[at]
	}
	from := p.origins[seed%len(p.origins)]
	d := &drawnLoad{seed: seed}
	d.load = sync.OnceValues(func() (*Load, error) {
		if p.Load != nil {
			return p.Load, nil
		}
		return draw(p.profile, p.Seed+uint64(seed), from.start, p.Days, from.state)
	})
	d.bounds = sync.OnceValue(func() bounds {
		load, _ := d.load()
		return newBounds(load, from.state, p.end(from.start))
	})
	if l.list = append(l.list, d); len(l.list) > loadsKept {
		l.list = slices.Delete(l.list, 0, 1)
	}
	return d
}

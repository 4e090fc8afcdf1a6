package verbs

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Nodes are the nodes of one instance of the module, by their handles. The zero value has none. It is for one goroutine at
// a time.
type Nodes struct {
	open map[uint32]*engine.Engine
	last uint32 // the handle that was given last: none is given twice
}

// add gives a node a handle.
func (n *Nodes) add(e *engine.Engine) abi.Handle {
	if n.open == nil {
		n.open = map[uint32]*engine.Engine{}
	}
	n.last++
	n.open[n.last] = e
	return abi.Handle{Node: n.last}
}

// room fails if there may be no more nodes.
func (n *Nodes) room() error {
	if len(n.open) >= abi.NodesMax || n.last+1 == 0 {
		return fmt.Errorf("%d nodes are open: close one first: %w", len(n.open), errdefs.ErrResourceExhausted)
	}
	return nil
}

// get returns the node of a handle.
func (n *Nodes) get(handle uint32) (*engine.Engine, error) {
	if e, ok := n.open[handle]; ok {
		return e, nil
	}
	return nil, fmt.Errorf("node %d: %w", handle, errdefs.ErrNotFound)
}

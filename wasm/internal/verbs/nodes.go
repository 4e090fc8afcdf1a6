package verbs

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Nodes are the nodes, files and jobs of one instance of the module, by their handles. The zero value has none. It is for one
// goroutine at a time.
type Nodes struct {
	open  map[uint32]*engine.Engine
	files map[uint32]*file
	last  uint32 // the handle that was given last: none is given twice

	jobs    map[uint32]job
	lastJob uint32
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

// addFile gives a file a handle.
func (n *Nodes) addFile(f *file) abi.Handle {
	if n.files == nil {
		n.files = map[uint32]*file{}
	}
	n.last++
	n.files[n.last] = f
	return abi.Handle{Node: n.last}
}

// room fails if there may be no more nodes.
func (n *Nodes) room() error {
	if len(n.open)+len(n.files) >= abi.NodesMax || n.last+1 == 0 {
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

// file returns the file of a handle.
func (n *Nodes) file(handle uint32) (*file, error) {
	if f, ok := n.files[handle]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("file %d: %w", handle, errdefs.ErrNotFound)
}

// subject returns the node or file of a handle.
func (n *Nodes) subject(handle uint32) (subject, error) {
	if f, ok := n.files[handle]; ok {
		return f, nil
	}
	return n.get(handle)
}

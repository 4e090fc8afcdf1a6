package verbs

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Nodes are the open nodes, files and jobs of one instance of the module, by handle. The zero value is ready for use.
// It is not safe for concurrent use.
//
// Invariants: a handle is in at most one of open and files; handles in open and files are from 1 to last; handles in
// jobs are from 1 to lastJob; len(open)+len(files) <= abi.NodesMax; len(jobs) <= abi.JobsMax.
type Nodes struct {
	open  map[uint32]*engine.Engine
	files map[uint32]*file
	last  uint32 // most recent handle; handles are never reused

	jobs    map[uint32]job
	lastJob uint32 // most recent handle of a job

	running call         // zero between calls
	header  simpleHeader // of the last call with a simple header
}

// add stores a node and returns its handle.
func (n *Nodes) add(e *engine.Engine) abi.Handle {
	if n.open == nil {
		n.open = map[uint32]*engine.Engine{}
	}
	n.last++
	n.open[n.last] = e
	return abi.Handle{Node: n.last}
}

// addFile stores a file and returns its handle.
func (n *Nodes) addFile(f *file) abi.Handle {
	if n.files == nil {
		n.files = map[uint32]*file{}
	}
	n.last++
	n.files[n.last] = f
	return abi.Handle{Node: n.last}
}

// Count returns the number of open nodes, files and jobs.
func (n *Nodes) Count() int { return len(n.open) + len(n.files) + len(n.jobs) }

// Busy reports whether calls may take long whatever the sizes of their requests are, because a job is running.
func (n *Nodes) Busy() bool { return len(n.jobs) > 0 }

// checkLimit returns an error of class ResourceExhausted if no further node or file may be opened.
func (n *Nodes) checkLimit() error {
	if count := len(n.open) + len(n.files); count >= abi.NodesMax || n.last+1 == 0 {
		return fmt.Errorf("%d nodes and files are open; close one first: %w", count, errdefs.ErrResourceExhausted)
	}
	return nil
}

// get returns the node with the given handle.
func (n *Nodes) get(handle uint32) (*engine.Engine, error) {
	if e, ok := n.open[handle]; ok {
		return e, nil
	}
	return nil, fmt.Errorf("node %d: %w", handle, errdefs.ErrNotFound)
}

// file returns the file with the given handle.
func (n *Nodes) file(handle uint32) (*file, error) {
	if f, ok := n.files[handle]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("file %d: %w", handle, errdefs.ErrNotFound)
}

// subject returns the node or file with the given handle.
func (n *Nodes) subject(handle uint32) (subject, error) {
	if f, ok := n.files[handle]; ok {
		return f, nil
	}
	return n.get(handle)
}

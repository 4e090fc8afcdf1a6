package engine

import "github.com/holdfast-gc/holdfast/engine/op"

// handles are the open handles of Ops on a daemon, by name.
type handles struct {
	op.Open
	transactions op.Handles[*transaction] // Invariant: at most one of them is writable.
}

// drop closes all handles.
func (h *handles) drop() {
	h.Close()
	for _, t := range h.transactions.All {
		t.abandon()
	}
	h.transactions = op.Handles[*transaction]{}
}

// writing returns the name of the open writing transaction.
func (h *handles) writing() (name string, ok bool) {
	for name, t := range h.transactions.All {
		if t.writable {
			return name, true
		}
	}
	return "", false
}

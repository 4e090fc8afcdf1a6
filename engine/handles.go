package engine

import "github.com/holdfast-gc/holdfast/engine/op"

// handles are the handles that Ops opened on a daemon, by the names that the Ops chose.
type handles struct {
	op.Open
	transactions op.Handles[*transaction] // Invariant: at most one of them is writable.
}

// drop closes everything.
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

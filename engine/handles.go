package engine

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// handles are what Ops opened on a daemon, by the names that they chose.
type handles struct {
	writers      table[content.Writer]
	readers      table[content.ReaderAt]
	transactions table[*transaction]
}

// drop closes everything.
func (h *handles) drop() {
	for _, w := range h.writers.all {
		w.Close()
	}
	for _, r := range h.readers.all {
		r.Close()
	}
	for _, t := range h.transactions.all {
		t.abandon()
	}
	*h = handles{}
}

// writing returns the name of the writing transaction that is open.
func (h *handles) writing() (name string, ok bool) {
	for name, t := range h.transactions.all {
		if t.writable {
			return name, true // there is at most one
		}
	}
	return "", false
}

// table holds handles of one kind.
type table[T any] struct{ all map[string]T }

func (t *table[T]) get(kind, name string) (T, error) {
	v, ok := t.all[name]
	if !ok {
		return v, fmt.Errorf("%s %q: not open: %w", kind, name, errdefs.ErrNotFound)
	}
	return v, nil
}

// free is an error if the name is taken.
func (t *table[T]) free(kind, name string) error {
	if _, taken := t.all[name]; taken {
		return fmt.Errorf("%s %q: open already: %w", kind, name, errdefs.ErrAlreadyExists)
	}
	return nil
}

func (t *table[T]) put(name string, v T) {
	if t.all == nil {
		t.all = map[string]T{}
	}
	t.all[name] = v
}

func (t *table[T]) remove(name string) { delete(t.all, name) }

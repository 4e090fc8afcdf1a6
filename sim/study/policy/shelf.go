package policy

import (
	"fmt"
	"slices"

	"github.com/containerd/errdefs"
)

// A Shelf is the simplest [Node]: a list of candidates on a disk. Each candidate occupies Size bytes, which become free
// when it is removed. The zero value is an empty shelf on a disk of unknown size. Not safe for concurrent use.
type Shelf struct {
	Capacity, Free int64

	// Items are the candidates. They must not change while Release runs.
	Items []Candidate

	// Removed has the IDs of removed candidates, in order.
	Removed []string

	// Refuse, if not nil, is called before each removal. Its error prevents the removal.
	Refuse func(id string) error
}

var _ Node = (*Shelf)(nil)

// Disk implements [Node].
func (s *Shelf) Disk() (capacity, free int64) { return s.Capacity, s.Free }

// Candidates implements [Node].
func (s *Shelf) Candidates() []Candidate { return slices.Clone(s.Items) }

// Remove implements [Node]. Errors: ErrNotFound for an unknown ID, ErrFailedPrecondition for a build record with
// children, and those of Refuse.
func (s *Shelf) Remove(id string) error {
	at := slices.IndexFunc(s.Items, func(c Candidate) bool { return c.ID == id })
	if at < 0 {
		return fmt.Errorf("candidate %q: %w", id, errdefs.ErrNotFound)
	}
	for _, c := range s.Items {
		if slices.Contains(c.Parents, id) {
			return fmt.Errorf("candidate %q: %q is built on it: %w", id, c.ID, errdefs.ErrFailedPrecondition)
		}
	}
	if s.Refuse != nil {
		if err := s.Refuse(id); err != nil {
			return err
		}
	}
	s.Free += s.Items[at].Size
	s.Items = slices.Delete(s.Items, at, at+1)
	s.Removed = append(s.Removed, id)
	return nil
}

package parity

import (
	"errors"
	"fmt"
	"sync"

	"github.com/containerd/errdefs"
)

// A fault makes one call that reaches a backend, a collector or the publisher
// fail, while one call of a history runs.
type fault struct {
	mu sync.Mutex
	trouble
	seen int
}

// trouble says which call fails: the Nth of that method, with that error. The
// zero value makes nothing fail.
type trouble struct {
	Method string
	Nth    int
	Class  string
}

// troubles are the classes of errors that backends give.
var troubles = map[string]error{
	"NotFound":           errdefs.ErrNotFound,
	"AlreadyExists":      errdefs.ErrAlreadyExists,
	"FailedPrecondition": errdefs.ErrFailedPrecondition,
	"Unavailable":        errdefs.ErrUnavailable,
	"NotImplemented":     errdefs.ErrNotImplemented,
	"other":              errors.New("disk on fire"),
}

func (f *fault) arm(t trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble, f.seen = t, 0
}

// at returns the error with which this call of the method fails, or nil.
func (f *fault) at(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Method != method {
		return nil
	}
	f.seen++
	if f.seen != f.Nth {
		return nil
	}
	return fmt.Errorf("%s: %w", method, troubles[f.Class])
}

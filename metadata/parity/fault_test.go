package parity

import (
	"errors"
	"fmt"
	"sync"

	"github.com/containerd/errdefs"
)

// A fault makes one call of a backend, a collector or the publisher fail. Faults are armed for one call of a history.
type fault struct {
	mu sync.Mutex
	trigger
	seen int // calls of Method since the fault was armed
}

// A trigger selects the call that fails: the Nth call of Method fails with an error of Class. The zero value selects no
// call.
type trigger struct {
	Method string
	Nth    int
	Class  string
}

// faultErrors are the errors of backends, by class.
var faultErrors = map[string]error{
	"NotFound":           errdefs.ErrNotFound,
	"AlreadyExists":      errdefs.ErrAlreadyExists,
	"FailedPrecondition": errdefs.ErrFailedPrecondition,
	"Unavailable":        errdefs.ErrUnavailable,
	"NotImplemented":     errdefs.ErrNotImplemented,
	"other":              errors.New("input/output error"),
}

// arm sets the call that fails from now on.
func (f *fault) arm(t trigger) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trigger, f.seen = t, 0
}

// at counts a call of a method and returns the injected error, or nil.
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
	return fmt.Errorf("%s: %w", method, faultErrors[f.Class])
}

package host

import (
	"context"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
)

// An Error is one that the engine in the module returned.
type Error struct {
	Code engine.Code
	Text string
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns the class of the error, nil if it has none, so that errors.Is and package errdefs know it.
func (e *Error) Unwrap() error {
	for _, class := range classes {
		if engine.CodeOf(class) == e.Code {
			return class
		}
	}
	return nil
}

// classes are those that codes stand for.
var classes = []error{
	engine.ErrDown, context.Canceled, context.DeadlineExceeded,
	errdefs.ErrInvalidArgument, errdefs.ErrNotFound, errdefs.ErrAlreadyExists, errdefs.ErrFailedPrecondition,
	errdefs.ErrUnavailable, errdefs.ErrNotImplemented, errdefs.ErrPermissionDenied, errdefs.ErrUnauthenticated,
	errdefs.ErrResourceExhausted, errdefs.ErrConflict, errdefs.ErrNotModified, errdefs.ErrAborted, errdefs.ErrOutOfRange,
	errdefs.ErrDataLoss, errdefs.ErrInternal, errdefs.ErrUnknown,
}

package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
)

// A Code is the class of a result, in a form that does not change: "ok",
// "not_found" and so on.
type Code string

// The codes. OK is that of a call without error; Down of one to a daemon that is
// dead; Unknown of an error that belongs to no class.
const (
	OK      Code = "ok"
	Down    Code = "down"
	Unknown Code = "unknown"
)

// codes are the classes of errors. An error has the first that fits.
var codes = []struct {
	code  Code
	class error
}{
	{Down, ErrDown},
	{"canceled", context.Canceled},
	{"deadline_exceeded", context.DeadlineExceeded},
	{"invalid_argument", errdefs.ErrInvalidArgument},
	{"not_found", errdefs.ErrNotFound},
	{"already_exists", errdefs.ErrAlreadyExists},
	{"failed_precondition", errdefs.ErrFailedPrecondition},
	{"unavailable", errdefs.ErrUnavailable},
	{"not_implemented", errdefs.ErrNotImplemented},
	{"permission_denied", errdefs.ErrPermissionDenied},
	{"unauthenticated", errdefs.ErrUnauthenticated},
	{"resource_exhausted", errdefs.ErrResourceExhausted},
	{"conflict", errdefs.ErrConflict},
	{"not_modified", errdefs.ErrNotModified},
	{"aborted", errdefs.ErrAborted},
	{"out_of_range", errdefs.ErrOutOfRange},
	{"data_loss", errdefs.ErrDataLoss},
	{"internal", errdefs.ErrInternal},
	{Unknown, errdefs.ErrUnknown},
}

// CodeOf returns the code of an error: OK for nil.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	for _, c := range codes {
		if errors.Is(err, c.class) {
			return c.code
		}
	}
	return Unknown
}

// Codes returns every code: OK and Pending first, then those of errors.
func Codes() []Code {
	all := []Code{OK, Pending}
	for _, c := range codes {
		all = append(all, c.code)
	}
	return all
}

// class returns the error that stands for the code, or nil if it stands for none.
func (c Code) class() error {
	for _, known := range codes {
		if known.code == c {
			return known.class
		}
	}
	return nil
}

var errInvalid = errdefs.ErrInvalidArgument

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errInvalid)...)
}

package op

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
)

// A Code is the class of a result. Codes don't change between versions.
type Code string

// Codes that are not classes of errors.
const (
	OK      Code = "ok"      // the call returned without error
	Pending Code = "pending" // the call has begun and waits; a later "calls.resume" has its result
)

// Codes of errors. Except for Down they are the classes of package errdefs and of package context.
const (
	Down               Code = "down" // the daemon is dead: see ErrDown
	Canceled           Code = "canceled"
	DeadlineExceeded   Code = "deadline_exceeded"
	InvalidArgument    Code = "invalid_argument"
	NotFound           Code = "not_found"
	AlreadyExists      Code = "already_exists"
	FailedPrecondition Code = "failed_precondition"
	Unavailable        Code = "unavailable"
	NotImplemented     Code = "not_implemented"
	PermissionDenied   Code = "permission_denied"
	Unauthenticated    Code = "unauthenticated"
	ResourceExhausted  Code = "resource_exhausted"
	Conflict           Code = "conflict"
	NotModified        Code = "not_modified"
	Aborted            Code = "aborted"
	OutOfRange         Code = "out_of_range"
	DataLoss           Code = "data_loss"
	Internal           Code = "internal"
	Unknown            Code = "unknown" // an error of no other class
)

// ErrDown is the error of every call to a dead daemon. Its class is Unavailable.
var ErrDown = fmt.Errorf("the daemon is down: %w", errdefs.ErrUnavailable)

// classes are the errors of codes. The code of an error is the first whose error matches.
var classes = []struct {
	code Code
	err  error
}{
	{Down, ErrDown},
	{Canceled, context.Canceled},
	{DeadlineExceeded, context.DeadlineExceeded},
	{InvalidArgument, errdefs.ErrInvalidArgument},
	{NotFound, errdefs.ErrNotFound},
	{AlreadyExists, errdefs.ErrAlreadyExists},
	{FailedPrecondition, errdefs.ErrFailedPrecondition},
	{Unavailable, errdefs.ErrUnavailable},
	{NotImplemented, errdefs.ErrNotImplemented},
	{PermissionDenied, errdefs.ErrPermissionDenied},
	{Unauthenticated, errdefs.ErrUnauthenticated},
	{ResourceExhausted, errdefs.ErrResourceExhausted},
	{Conflict, errdefs.ErrConflict},
	{NotModified, errdefs.ErrNotModified},
	{Aborted, errdefs.ErrAborted},
	{OutOfRange, errdefs.ErrOutOfRange},
	{DataLoss, errdefs.ErrDataLoss},
	{Internal, errdefs.ErrInternal},
	{Unknown, errdefs.ErrUnknown},
}

// CodeOf returns the code of an error: OK for nil.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return Unknown
}

// Codes returns every code: OK and Pending, then the codes of errors.
func Codes() []Code {
	all := []Code{OK, Pending}
	for _, c := range classes {
		all = append(all, c.code)
	}
	return all
}

// Err returns the error of the code's class, or nil for OK, Pending and unknown codes.
func (c Code) Err() error {
	for _, known := range classes {
		if known.code == c {
			return known.err
		}
	}
	return nil
}

var errInvalid = errdefs.ErrInvalidArgument

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errInvalid)...)
}

package op

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// A class is a code and the error that stands for it.
type class struct {
	code Code
	err  error
}

// classes are the errors of codes. The code of an error is the first whose error matches.
var classes = []class{
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

// CodeOf returns the code of an error: OK for nil. Of several classes in one error, the first one of classes counts.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	first, plain := firstClass(err, len(classes))
	if !plain {
		first = slices.IndexFunc(classes, func(c class) bool { return errors.Is(err, c.err) })
	}
	if first < 0 || first == len(classes) {
		return Unknown
	}
	return classes[first].code
}

// firstClass returns the index of the first class that is in the tree of err, or most if there is none before most. It
// visits every error once, and not once for each class as [errors.Is]. It returns false if an error of the tree has a
// method Is, which decides by itself.
func firstClass(err error, most int) (first int, plain bool) {
	first, plain = most, true
	for err != nil && plain {
		for i := range classes[:first] {
			if err == classes[i].err {
				first = i
				break
			}
		}
		if _, decides := err.(interface{ Is(error) bool }); decides {
			return first, false
		}
		switch wrapper := err.(type) {
		case interface{ Unwrap() error }:
			err = wrapper.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range wrapper.Unwrap() {
				if first, plain = firstClass(err, first); !plain {
					return first, false
				}
			}
			return first, true
		default:
			return first, true
		}
	}
	return first, plain
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

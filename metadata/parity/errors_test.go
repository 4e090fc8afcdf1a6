package parity

import (
	"errors"
	"strings"

	"github.com/containerd/errdefs"
	errbolt "go.etcd.io/bbolt/errors"
)

// classes are the classes of errors that a caller can test for. An error may belong to several.
var classes = []struct {
	name string
	of   func(error) bool
}{
	{"Unknown", errdefs.IsUnknown},
	{"InvalidArgument", errdefs.IsInvalidArgument},
	{"NotFound", errdefs.IsNotFound},
	{"AlreadyExists", errdefs.IsAlreadyExists},
	{"PermissionDenied", errdefs.IsPermissionDenied},
	{"ResourceExhausted", errdefs.IsResourceExhausted},
	{"FailedPrecondition", errdefs.IsFailedPrecondition},
	{"Conflict", errdefs.IsConflict},
	{"NotModified", errdefs.IsNotModified},
	{"Aborted", errdefs.IsAborted},
	{"OutOfRange", errdefs.IsOutOfRange},
	{"NotImplemented", errdefs.IsNotImplemented},
	{"Internal", errdefs.IsInternal},
	{"Unavailable", errdefs.IsUnavailable},
	{"DataLoss", errdefs.IsDataLoss},
	{"Unauthorized", errdefs.IsUnauthorized},
	{"Canceled", errdefs.IsCanceled},
	{"DeadlineExceeded", errdefs.IsDeadlineExceeded},

	{"BucketNotFound", is(errbolt.ErrBucketNotFound)},
	{"BucketExists", is(errbolt.ErrBucketExists)},
	{"BucketNameRequired", is(errbolt.ErrBucketNameRequired)},
	{"KeyRequired", is(errbolt.ErrKeyRequired)},
	{"KeyTooLarge", is(errbolt.ErrKeyTooLarge)},
	{"IncompatibleValue", is(errbolt.ErrIncompatibleValue)},
	{"TxNotWritable", is(errbolt.ErrTxNotWritable)},
	{"TxClosed", is(errbolt.ErrTxClosed)},
	{"DatabaseNotOpen", is(errbolt.ErrDatabaseNotOpen)},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// classOf returns the names of the classes of err, joined with "+". It returns "" for nil, and "other" if there is no
// class.
func classOf(err error) string {
	if err == nil {
		return ""
	}
	var names []string
	if strings.Contains(err.Error(), "%!") {
		names = append(names, "malformed text")
	}
	for _, class := range classes {
		if class.of(err) {
			names = append(names, class.name)
		}
	}
	if len(names) == 0 {
		return "other"
	}
	return strings.Join(names, "+")
}

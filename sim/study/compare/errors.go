package compare

import (
	"fmt"

	"github.com/containerd/errdefs"
)

// invalid is an error of what somebody asked for.
func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

func lineError(line int, err error) error { return fmt.Errorf("line %d: %w", line, err) }

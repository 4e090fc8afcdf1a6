package policy

import (
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
)

var (
	// ErrShort comes from Release when less could go than the policy wanted to.
	ErrShort = errors.New("too little could be let go of")

	// ErrNoDisk comes from Release when the policy counts in parts of a disk
	// whose size is not known.
	ErrNoDisk = errors.New("the size of the disk is not known")
)

// short is the error of a policy that wanted need bytes and got freed.
func short(name string, need, freed int64) error {
	return fmt.Errorf("policy %q: %d of %d bytes freed: %w", name, freed, need, ErrShort)
}

// invalid is an error of a specification.
func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

func noDisk(p Policy) error { return fmt.Errorf("policy %q: %w", p.Name(), ErrNoDisk) }

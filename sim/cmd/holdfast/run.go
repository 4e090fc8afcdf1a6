package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// The exit codes of the process.
const (
	exitOK       = 0
	exitFindings = 1 // fsck or sim has findings, or containerd's collection would fail on the database
	exitUsage    = 2 // the command line is wrong, or names a node that does not exist
	exitFile     = 3 // a file cannot be read or written

	exitInterrupted = 130 // Ctrl-C, as a shell reports it
)

// run executes a command line and returns its exit code. Tests call it in place of main.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctrlC := newInterrupt(os.Exit)
	defer ctrlC.stop()
	c := &console{ctx: ctrlC.ctx, ctrlC: ctrlC, in: stdin, err: stderr, terminal: terminalOf(stdout), colours: takesColours(stdout), width: outputWidth(stdout)}
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&c.out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	// The output is written even after an error, because findings are an error with output.
	if failed := c.flush(stdout); failed != nil && err == nil {
		err = &fileError{failed}
	}
	if ctrlC.requested() {
		err = errInterrupted
	}
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errFindings) {
		fmt.Fprintln(stderr, "holdfast: "+strings.TrimSpace(err.Error()))
	}
	if !c.parsed {
		fmt.Fprintf(stderr, "Run \"%s --help\" for usage.\n", cmd.CommandPath())
	}
	return exitCode(err)
}

// errFindings is returned by a verb after it has printed an answer with findings. run prints no message for it.
var errFindings = errors.New("there are findings")

// A fileError says that a file cannot be read or written.
type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var file *fileError
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errFindings), errors.Is(err, examine.ErrFails), errors.Is(err, examine.ErrLost):
		return exitFindings
	case errors.As(err, &file), errors.Is(err, examine.ErrForeign):
		return exitFile
	}
	return exitUsage
}

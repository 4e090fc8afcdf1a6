package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// What the process says to whoever started it.
const (
	exitFine     = 0
	exitFindings = 1 // fsck found something, or containerd would fail on the database
	exitUsage    = 2 // the command line is wrong, or names a node that isn't there
	exitFile     = 3 // a file cannot be read or written
)

// run is the whole program.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &console{in: stdin, colours: takesColours(stdout)}
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&c.out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	// What there is of an answer goes out even if there is an error too: findings are one.
	if _, failed := c.out.WriteTo(stdout); failed != nil && err == nil {
		err = &fileError{failed}
	}
	if err == nil {
		return exitFine
	}
	if !errors.Is(err, errFindings) {
		fmt.Fprintln(stderr, "holdfast: "+strings.TrimSpace(err.Error()))
	}
	if !c.understood {
		fmt.Fprintf(stderr, "Run \"%s --help\" to see how it is used.\n", cmd.CommandPath())
	}
	return exitCode(err)
}

// A console is what a verb talks to.
type console struct {
	in         io.Reader
	out        bytes.Buffer // the answer, which is written at once
	colours    bool
	understood bool // the command line was, as far as flags and the number of arguments go
}

// errFindings is returned by a verb whose answer, already given, is not what one hopes for.
var errFindings = errors.New("there are findings")

// A fileError says that a file cannot be read or written.
type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var file *fileError
	switch {
	case errors.Is(err, errFindings), errors.Is(err, examine.ErrFails):
		return exitFindings
	case errors.As(err, &file), errors.Is(err, examine.ErrForeign):
		return exitFile
	}
	return exitUsage
}

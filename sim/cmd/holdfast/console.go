package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// A console is the input and output of one run of the command. Verbs write to out; run copies it to standard output
// after the verb has returned.
type console struct {
	ctx      context.Context // done after Ctrl-C
	ctrlC    *interrupt
	in       io.Reader
	out      bytes.Buffer
	data     bytes.Buffer // of "-o -"
	dataOut  bool         // standard output carries data, and out goes to standard error
	err      io.Writer
	terminal io.Writer // standard output, if it is a terminal
	colours  bool
	width    int  // columns that a table may take, 0 for any
	wide     bool // the flag --wide: take any number of columns
	parsed   bool // cobra has accepted the flags and the number of arguments
}

// jsonFlag adds the flag --json.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print the answer as JSON")
}

// answer prints value as JSON, or calls printText. It returns errFindings if the answer has findings.
func (c *console) answer(value any, asJSON bool, printText func(), findings bool) error {
	if !asJSON {
		printText()
	} else if err := c.printJSON(value); err != nil {
		return err
	}
	if findings {
		return errFindings
	}
	return nil
}

// printJSON prints a value as indented JSON.
func (c *console) printJSON(value any) error {
	e := json.NewEncoder(&c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// line prints one line in a style.
func (c *console) line(s style, format string, args ...any) {
	c.out.WriteString(c.styled(s, fmt.Sprintf(format, args...)))
	c.out.WriteByte('\n')
}

// blank prints an empty line.
func (c *console) blank() { c.out.WriteByte('\n') }

// listedMax limits how many nodes a list shows without -v.
const listedMax = 20

// list prints a title and names, or nothing if there are no names. Unless all is set, it prints at most listedMax
// names.
func (c *console) list(title string, names []string, all bool) {
	if len(names) == 0 {
		return
	}
	shown := len(names)
	if !all {
		shown = min(shown, listedMax)
	}
	c.blank()
	c.line("", "%s", title)
	t := newTable("")
	t.bare = true
	for _, name := range names[:shown] {
		t.add(name)
	}
	c.print(t, "  ")
	if more := len(names) - shown; more > 0 {
		c.line(dim, "  and %s more (-v lists all)", humanCount(more))
	}
}

package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/browse"
)

func browseVerb(c *console) *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "browse [META.DB|ROOT]",
		Short: "Look through the holders in the terminal",
		Long: `Browse shows the holders of a node by size in a terminal. Open a holder to see the
objects that it alone keeps; below the list stands the chain that keeps the selected
object. Mark rows for a hypothetical deletion and watch what a collection would free.
Nothing on the node is changed.`,
		Example: `  holdfast browse
  holdfast browse /var/lib/containerd --measure
  ssh -t node holdfast browse`,
		Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if !isTerminal(c.in) || c.terminal == nil {
				return errors.New("browse needs a terminal; with ssh, use ssh -t")
			}
			d, _, err := c.openSource(args, 0, &q)
			if err != nil {
				return err
			}
			name := "this machine"
			if len(args) > 0 {
				name = args[0]
			}
			m, err := browse.New(d, name)
			if err != nil {
				return err
			}
			defer c.ctrlC.graceful()()
			if err := browse.Run(c.ctx, m, c.in, c.terminal); !errors.Is(err, browse.ErrInterrupted) {
				return err
			}
			return errInterrupted
		},
	}
	q.addFlags(cmd)
	q.addDiskFlags(cmd)
	return cmd
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalOf returns an output that is a terminal, and nil for any other.
func terminalOf(w io.Writer) io.Writer {
	if isTerminal(w) {
		return w
	}
	return nil
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// verbs are the constructors of the subcommands, in the order of the help text.
var verbs = []func(*console) *cobra.Command{
	planVerb, whyVerb, topVerb, browseVerb, inspectVerb, fsckVerb, gcVerb, salvageVerb, collectFilesVerb, diffVerb, replayVerb, eventsVerb, simVerb,
	compareVerb, tuneVerb, profileVerb, campaignVerb, serveVerb, ctlVerb,
}

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "holdfast",
		Short: "Explain the garbage collection of a containerd metadata database",
		Long: `Holdfast reads containerd's metadata database, a file named meta.db, and answers
questions offline: What would a garbage collection remove? Why is this object
still there? Which roots hold the bytes? Is the database sound? It never changes
the file.

META.DB is that file, plain or compressed with gzip, or - for standard input. The
usual path is
  /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db
and the daemon may run while the file is read. ROOT is the root directory of a
daemon, for example /var/lib/containerd: plan, why and top also read the content
store and the snapshotters in it. Without META.DB and ROOT they look for the only
daemon of the machine.

NODE names an object as KIND/NAMESPACE/KEY, such as
  image/default/docker.io/library/alpine:3.20
  content/default/sha256:9f86d081884c7d659a2feaa0c55ad015...
  snapshot/default/overlayfs/web
or by a part of that name, such as alpine:3.20 or 9f86d081, if it matches only
one object.

Exit codes: 0 success, 1 findings, 2 wrong command line, 3 a file cannot be read
or written, 130 interrupted with Ctrl-C.`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			c.parsed = true
			if c.wide {
				c.width = 0
			}
		},
	}
	root.PersistentFlags().BoolVar(&c.wide, "wide", false, "never shorten names to the width of the terminal")
	for _, verb := range verbs {
		cmd := verb(c)
		completeRest(cmd)
		root.AddCommand(cmd)
	}
	return root
}

// Verbs are listed in the order of the table. The setting is cobra's own and global: commands that run beside each
// other in one process must not write it.
func init() { cobra.EnableCommandSorting = false }

// argCount accepts command lines with least to most arguments.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		if cmd.HasAvailableSubCommands() {
			var names []string
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			return fmt.Errorf("%s %s: must be one of %s", cmd.Name(), args[0], strings.Join(names, ", "))
		}
		_, form, _ := strings.Cut(cmd.Use, " ")
		return fmt.Errorf("%s: expects %s, not %s", cmd.Name(), form, plural(len(args), "argument", "arguments"))
	}
}

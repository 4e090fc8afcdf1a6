package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// verbs are the commands, in the order in which help lists them.
var verbs = []func(*console) *cobra.Command{
	planVerb, whyVerb, topVerb, inspectVerb, fsckVerb, gcVerb, diffVerb, replayVerb, eventsVerb, simVerb, compareVerb,
}

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "holdfast",
		Short: "Ask a containerd metadata database what its garbage collection does",
		Long: `Holdfast reads containerd's metadata database, a file named meta.db, and answers
offline what no daemon tells: what would garbage collection remove, why is this
still here, who holds the bytes, is the database sound. It never changes the file.

META.DB is that file, as it is or gzip'd, or - for standard input. It is usually
  /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db
and may be read while its daemon runs.

NODE names an object as KIND/NAMESPACE/KEY, such as
  image/default/docker.io/library/alpine:3.20
  content/default/sha256:9f86d081884c7d659a2feaa0c55ad015...
  snapshot/default/overlayfs/web
or by a part that only one object has, such as alpine:3.20 or 9f86d081.

Exit codes: 0 all is well, 1 there are findings, 2 the command line is wrong,
3 a file cannot be read or written.`,
		Version:          version(),
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { c.understood = true },
	}
	cobra.EnableCommandSorting = false
	for _, verb := range verbs {
		root.AddCommand(verb(c))
	}
	return root
}

// argCount checks the number of arguments.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		_, form, _ := strings.Cut(cmd.Use, " ")
		return fmt.Errorf("%s: expects %s, not %s", cmd.Name(), form, plural(len(args), "argument", "arguments"))
	}
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func gcVerb(c *console) *cobra.Command {
	var (
		q       question
		out     string
		verbose bool
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "gc META.DB -o OUT.DB",
		Short: "Collect, and write a database that containerd opens",
		Long: `Gc carries out the collection that plan describes and writes what is left to a new
file. If --containerd asks for a version of a newer schema, the database is
migrated first, as the daemon does when it starts.

Only metadata is changed: blobs and snapshots on disk are cleaned up by a daemon
that runs on the new file, at its next collection that removes something.

OUT.DB appears whole or not at all, and may not be META.DB.`,
		Example: `  holdfast gc meta.db -o collected.db
  holdfast gc meta.db -o migrated.db --containerd 2.4`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("-o OUT.DB is missing: where is the database to go?")
			}
			if err := differentFiles(args[0], out); err != nil {
				return err
			}
			d, err := c.examine(args[0], &q)
			if err != nil {
				return err
			}
			p, db, err := d.Collect()
			if err != nil {
				return err
			}
			if p.Fails == "" {
				if err := writeFile(out, db); err != nil {
					return err
				}
			}
			return c.answer(p, asJSON, func() { c.printCollected(p, out, verbose) }, p.Fails != "")
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the database to `OUT.DB`")
	q.flags(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every node, and those that other versions decide differently")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) printCollected(p *examine.Plan, out string, verbose bool) {
	c.printPlan(p, "removed", verbose)
	c.line("", "")
	if p.Fails != "" {
		c.line(bold, "Nothing was written.")
		return
	}
	c.line(bold, "Wrote %s.", out)
}

// writeFile writes a database as containerd's own files are: without a list of free pages.
func writeFile(path string, db *memkv.DB) error {
	err := boltfile.WriteFile(path, db, boltfile.WithoutFreelist())
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err // the path is that of a file beside, which is renamed when it is whole
	}
	if err != nil {
		return &fileError{fmt.Errorf("cannot write %s: %w", path, err)}
	}
	return nil
}

// differentFiles refuses to write over what is read.
func differentFiles(in, out string) error {
	a, err := os.Stat(in)
	if err != nil {
		return nil // the reader will say so, and "-" is no file
	}
	if b, err := os.Stat(out); err == nil && os.SameFile(a, b) {
		return fmt.Errorf("-o %s: is the same file as META.DB, which is never changed", out)
	}
	return nil
}

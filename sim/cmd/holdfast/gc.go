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
		Use:   "gc META.DB|ROOT -o OUT.DB",
		Short: "Collect, and write the result as a new database",
		Long: `Gc runs the collection that plan describes and writes the remaining records to a new
file, which containerd can open. If --containerd selects a version with a newer
schema, gc first migrates the database, as the daemon does when it starts.

Only metadata changes. A daemon that runs on the new file removes unused blobs and
snapshots from disk at its next collection that removes an object.

OUT.DB is written atomically: it appears complete or not at all. It must not be
META.DB. With -o - standard output carries the database, and standard error the plan.`,
		Example: `  holdfast gc meta.db -o collected.db
  holdfast gc meta.db -o migrated.db --containerd 2.4
  holdfast gc meta.db -o - | gzip > collected.db.gz`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("-o OUT.DB is missing: it names the new database")
			}
			s, err := c.source(args[0], q.disk)
			if err != nil {
				return err
			}
			if err := differentFiles(s.path, out); err != nil {
				return err
			}
			if err := c.check(output{"-o", out, true}); err != nil {
				return err
			}
			d, err := c.examineSource(s, &q)
			if err != nil {
				return err
			}
			p, db, err := d.Collect()
			if err != nil {
				return err
			}
			if p.Fails == "" {
				if err := c.writeDatabase(out, db); err != nil {
					return err
				}
			}
			return c.answer(p, asJSON, func() { c.printCollected(p, out, verbose) }, p.Fails != "")
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the database to `OUT.DB`, or to standard output for -")
	q.addFlags(cmd)
	q.disk.addDamageFlags(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every node, and the differences to other versions")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) printCollected(p *examine.Plan, out string, verbose bool) {
	c.printPlan(p, "removed", verbose)
	c.blank()
	if p.Fails != "" {
		c.line(bold, "No file was written.")
		return
	}
	c.line(bold, "Wrote %s.", outputName(out))
}

// writeDatabase writes a database in containerd's format, which has no list of free pages.
func (c *console) writeDatabase(path string, db *memkv.DB) error {
	if path == stdinName {
		return db.View(func(tx *memkv.Tx) error {
			_, err := boltfile.Write(&c.data, tx, boltfile.WithoutFreelist())
			return err
		})
	}
	err := boltfile.WriteFile(path, db, boltfile.WithoutFreelist())
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err // without the path of the temporary file
	}
	if err != nil {
		return &fileError{fmt.Errorf("cannot write %s: %w", path, err)}
	}
	return nil
}

// differentFiles returns an error if the output would overwrite the input.
func differentFiles(in, out string) error {
	a, err := os.Stat(in)
	if err != nil {
		return nil // reading it reports the error, and "-" is not a file
	}
	if b, err := os.Stat(out); err == nil && os.SameFile(a, b) {
		return fmt.Errorf("-o %s: is the same file as META.DB, which must not change", out)
	}
	return nil
}

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func salvageVerb(c *console) *cobra.Command {
	var (
		parts  disk
		out    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "salvage META.DB|ROOT -o OUT.DB",
		Short: "Write everything readable of a damaged database to a sound one",
		Long: `Salvage reads a damaged database as far as possible and writes a sound one, which
containerd can open, and lists everything that is lost. --previous writes the state
before the last transaction instead, which is often whole.

With the root directory of a node it also counts what the snapshotters and the content
store have and the result lacks. A sound database is written as it is. The exit code is
1 if something is lost, or may be.

Stop containerd before you replace its file, and copy its whole root directory first: a
later collection deletes snapshots and blobs without a record from the disk, so also
those of the lost records.`,
		Example: `  holdfast fsck meta.db
  holdfast salvage meta.db -o sound.db
  holdfast salvage meta.db -o sound.db --previous
  holdfast salvage /var/lib/containerd -o sound.db --json`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("-o OUT.DB is missing: it names the new database")
			}
			s, err := c.source(args[0], parts)
			if err != nil {
				return err
			}
			if err := differentFiles(s.path, out); err != nil {
				return err
			}
			if err := c.check(output{"-o", out, true}); err != nil {
				return err
			}
			if !s.previous {
				s.salvage = &boltfile.Salvage{}
			}
			db, err := c.read(s)
			if err != nil {
				return err
			}
			answer, err := examine.DescribeSalvage(db, s.salvage, s.disk)
			if err != nil {
				return fmt.Errorf("%s: %w", s.path, err)
			}
			if err := c.writeDatabase(out, db); err != nil {
				return err
			}
			return c.answer(answer, asJSON, func() { c.printSalvaged(answer, out) }, !answer.Complete())
		},
	}
	parts.addFlags(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the database to `OUT.DB`, or to standard output for -")
	jsonFlag(cmd, &asJSON)
	_ = cmd.Flags().MarkHidden("salvage")
	_ = cmd.Flags().MarkHidden("force")
	return cmd
}

func (c *console) printSalvaged(a *examine.Salvaged, out string) {
	switch {
	case a.Complete():
		c.line(green, "Nothing is lost: %s.", plural(a.Objects, "object", "objects"))
	case len(a.Lost) == 0:
		c.line(bold, "%s read.", plural(a.Objects, "object", "objects"))
	default:
		c.line(bold, "%s read; %s of the file lost:", plural(a.Objects, "object", "objects"), plural(len(a.Lost)+a.OmittedLosses, "part", "parts"))
		c.printLostParts(a.Lost)
	}
	for _, fault := range a.MetaFaults {
		c.line(yellow, "The last transaction may be lost: %s.", fault)
	}
	c.list("Objects of which nothing could be read:", a.LostNodes, true)
	if a.Orphans != nil {
		c.line("", "The snapshotters have %s that the result lacks, the content store %s; %s of the result have no file.",
			plural(a.Orphans.Snapshots, "snapshot", "snapshots"), plural(a.Orphans.Blobs, "blob", "blobs"), plural(a.Orphans.MissingBlobs, "blob", "blobs"))
	}
	c.blank()
	c.line(bold, "Wrote %s.", outputName(out))
}

func (c *console) printLostParts(parts []examine.LostPart) {
	t := newTable("", "")
	t.bare = true
	for _, l := range parts {
		t.add(l.String(), cell{l.Detail, dim})
	}
	c.print(t, "  ")
}

// printLost prints the losses of a source that was read with --salvage.
func (c *console) printLost(s source) {
	if s.salvage == nil || !s.salvage.Lossy() {
		return
	}
	c.blank()
	c.line(yellow, "Lost:")
	c.printLostParts(examine.LostParts(s.salvage))
}

// printDamage prints what a damaged file lacks, and the state of the previous transaction.
func (c *console) printDamage(f *examine.Fsck) {
	if len(f.Lost) > 0 {
		c.blank()
		c.line(yellow, "Lost; the other findings are about the rest:")
		c.printLostParts(f.Lost)
	}
	switch p := f.Previous; {
	case p == nil:
	case p.Whole:
		c.blank()
		c.line("", "The previous transaction is whole (--previous): it has %s that the readable rest lacks, and lacks %s of it.",
			plural(p.OnlyPrevious, "object", "objects"), plural(p.OnlyNewest, "object", "objects"))
	default:
		c.blank()
		c.line("", "The previous transaction is damaged, too: %s", p.Fault)
	}
}

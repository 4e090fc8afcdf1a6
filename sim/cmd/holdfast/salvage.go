package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func salvageVerb(c *console) *cobra.Command {
	var (
		parts    disk
		out      string
		scavenge bool
		take     []string
		replace  bool
		drop     []string
		verbose  bool
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "salvage META.DB|ROOT -o OUT.DB",
		Short: "Write everything readable of a damaged database to a sound one",
		Long: `Salvage reads a damaged database as far as possible and writes a sound one, which
containerd can open, and lists everything that is lost. --previous writes the state
before the last transaction instead, which is often whole.

With the root directory of a node it also lists what the snapshotters and the content
store have and the result lacks. A sound database is written as it is. The exit code is
1 if something is lost, or may be.

bolt never overwrites a page in place, so pages that the database no longer uses keep
old records until it reuses them. --scavenge lists the records found there that the
database lacks. They are possibly outdated, and most were deleted on purpose. --take
NODE stores one of them in the result. A record that the database has stays, unless
--replace is given. Without -o, --scavenge only lists.

--drop PATH leaves an entry out, with everything below it: one that containerd cannot
read and no call of it deletes. fsck prints the commands. PATH is a path as inspect has
it, or a node. The metadata.db of a snapshotter can be given too; the snapshots above a
dropped one are then left out with it.

Stop containerd before you replace its file, and copy its whole root directory first: a
later collection deletes snapshots and blobs without a record from the disk, so also
those of the lost records.`,
		Example: `  holdfast fsck meta.db
  holdfast salvage meta.db -o sound.db
  holdfast salvage meta.db -o sound.db --previous
  holdfast salvage /var/lib/containerd -o sound.db --json
  holdfast salvage meta.db --scavenge
  holdfast salvage meta.db -o sound.db --take image/default/docker.io/library/alpine:3.20
  holdfast salvage meta.db -o sound.db --drop v1/default/images/stray`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case out == "" && !(scavenge && len(take) == 0):
				return errors.New("-o OUT.DB is missing: it names the new database")
			case replace && len(take) == 0:
				return errors.New("--replace: --take NODE is missing: it names the record that is replaced")
			}
			s, err := c.source(args[0], parts)
			if err != nil {
				return err
			}
			if out != "" {
				if err := differentFiles(s.path, out); err != nil {
					return err
				}
				if err := c.check(output{"-o", out, true}); err != nil {
					return err
				}
			}
			if !s.previous {
				s.salvage = &boltfile.Salvage{}
			}
			if scavenge || len(take) > 0 {
				s.scavenge = examine.NewScavenge()
			}
			db, err := c.read(s)
			if err != nil {
				return err
			}
			answer, err := examine.DescribeSalvage(db, examine.SalvageOptions{
				Losses: s.salvage, Disk: s.disk, Scavenge: s.scavenge, Take: take, Replace: replace, Drop: drop,
			})
			if errors.Is(err, examine.ErrNothingLeft) {
				return &fileError{fmt.Errorf("%s: %w", s.path, err)}
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.path, err)
			}
			if out != "" && answer.Objects == 0 && !answer.Complete() {
				return &fileError{fmt.Errorf("%s: nothing could be read, so there is nothing to write; --take NODE stores old records", s.path)}
			}
			if out != "" {
				if err := c.writeDatabase(out, db); err != nil {
					return err
				}
			}
			return c.answer(answer, asJSON, func() { c.printSalvaged(answer, out, verbose) }, !answer.Complete())
		},
	}
	parts.addFlags(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the database to `OUT.DB`, or to standard output for -")
	cmd.Flags().BoolVar(&scavenge, "scavenge", false, "list old records in pages that the database no longer uses")
	cmd.Flags().StringArrayVar(&take, "take", nil, "store the old record `NODE` in the result, NODE@PAGE if there are several versions (repeatable)")
	cmd.Flags().BoolVar(&replace, "replace", false, "let --take replace records that the database has")
	cmd.Flags().StringArrayVar(&drop, "drop", nil, "leave the entry or object `PATH` out of the result (repeatable)")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list everything found")
	jsonFlag(cmd, &asJSON)
	_ = cmd.Flags().MarkHidden("salvage")
	_ = cmd.Flags().MarkHidden("force")
	return cmd
}

func (c *console) printSalvaged(a *examine.Salvaged, out string, verbose bool) {
	objects := plural(a.Objects, "object", "objects")
	if a.Snapshotter {
		objects = plural(a.Objects, "snapshot", "snapshots") + " of a snapshotter"
	}
	switch {
	case a.Complete():
		c.line(green, "Nothing is lost: %s.", objects)
	case len(a.Lost) == 0:
		c.line(bold, "%s read.", objects)
	default:
		c.line(bold, "%s read; %s of the file lost:", objects, plural(len(a.Lost)+a.OmittedLosses, "part", "parts"))
		c.printLostParts(a.Lost)
	}
	for _, fault := range a.MetaFaults {
		c.line(yellow, "The last transaction may be lost: %s.", fault)
	}
	c.list("Objects of which nothing could be read:", a.LostNodes, true)
	if a.Scavenged != nil {
		c.printScavenged(a.Scavenged, verbose)
	}
	c.list("Taken over, possibly outdated:", a.Taken, true)
	c.list("Left out as asked:", a.Dropped, true)
	if a.Orphans != nil {
		c.printOrphans(a.Orphans, verbose)
	}
	if out != "" {
		c.blank()
		c.line(bold, "Wrote %s.", outputName(out))
	}
}

// printScavenged prints the old records that the database lacks.
func (c *console) printScavenged(s *examine.Scavenged, verbose bool) {
	c.blank()
	c.line(bold, "%s that the database lacks, in %s that it does not use. They are possibly outdated.",
		plural(len(s.Records), "old record", "old records"), plural(s.Pages, "page", "pages"))
	shown := len(s.Records)
	if !verbose {
		shown = min(shown, listedMax)
	}
	t := newTable("NODE", ">PAGE", "FOUND THROUGH", "")
	for _, r := range s.Records[:shown] {
		partial := ""
		if r.Partial {
			partial = "partly overwritten"
		}
		t.add(r.Node, strconv.FormatUint(r.Page, 10), pathBasisText(&r), partial)
	}
	if shown > 0 {
		c.print(t, "  ")
	}
	if more := len(s.Records) - shown; more > 0 {
		c.line(dim, "  and %s more (-v lists all)", humanCount(more))
	}
	if len(s.Records) > 0 {
		c.line(dim, "--take NODE stores one in the result; NODE@PAGE selects one of several versions.")
	}
	for _, kind := range examine.Kinds() {
		if n := s.Nameless[kind]; n > 0 {
			c.line("", "%s without a name.", plural(n, "further record of kind "+kind, "further records of kind "+kind))
		}
	}
	if len(s.Older) > 0 {
		c.line("", "%s of records that the database has (--json lists them).", plural(len(s.Older), "other version", "other versions"))
	}
	if s.Unplaced > 0 {
		c.line("", "%s no record that can be told.", plural(s.Unplaced, "page has", "pages have"))
	}
	if s.Omitted > 0 {
		c.line(yellow, "%s not listed.", plural(s.Omitted, "further record is", "further records are"))
	}
	if s.Stopped {
		c.line(yellow, "The search ended early: the file makes it too long.")
	}
}

func pathBasisText(r *examine.OldRecord) string {
	switch r.Path {
	case examine.PathFromMeta:
		return fmt.Sprintf("the meta page of transaction %d", r.Transaction)
	case examine.PathFromRoot:
		return fmt.Sprintf("the old root page %d (inferred)", r.Root)
	default:
		return "its shape (inferred)"
	}
}

// printOrphans prints the objects on the disk that the result lacks, and the reverse.
func (c *console) printOrphans(o *examine.SalvageOrphans, verbose bool) {
	var snapshots, blobs []string
	for _, s := range o.Snapshots {
		name := s.Node
		if name == "" {
			name = s.Snapshotter + " " + s.Name
		}
		line := fmt.Sprintf("%s  %s, %s, %s", name, s.Kind, unknownOr(s.Bytes), s.Dir)
		if len(s.Chain) > 0 {
			line += ", on " + nodeList(s.Chain)
		}
		snapshots = append(snapshots, line)
	}
	for _, b := range o.Blobs {
		line := b.Digest + "  " + humanBytes(b.Bytes)
		if b.Content != "" {
			line += ", " + b.Content
		}
		if len(b.PartOf) > 0 {
			line += ", part of " + nodeList(b.PartOf)
		}
		blobs = append(blobs, line)
	}
	c.list("Snapshots that a snapshotter has and the result lacks:", snapshots, verbose)
	c.list("Blobs that the content store has and the result lacks:", blobs, verbose)
	c.list("Blobs of the result that the content store lacks:", o.MissingBlobs, verbose)
	if len(snapshots)+len(blobs)+len(o.MissingBlobs) == 0 {
		c.blank()
		c.line(green, "The result and the disk have the same snapshots and blobs.")
	}
}

func unknownOr(bytes *int64) string {
	if bytes == nil {
		return "unknown size"
	}
	return humanBytes(*bytes)
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

// printOldRecords says where lost records may be found again.
func (c *console) printOldRecords(old *examine.OldRecords, path string) {
	if old == nil || old.Records+old.LostCount == 0 {
		return
	}
	c.blank()
	c.line("", "%s that the database does not use have %s that it lacks, most of them deleted on purpose.",
		plural(old.Pages, "page", "pages"), plural(old.Records, "old record", "old records"))
	c.list(plural(old.LostCount, "record", "records")+" of the lost parts among them, possibly outdated:", old.Lost, true)
	if more := old.LostCount - len(old.Lost); more > 0 {
		c.line(dim, "  and %s more", humanCount(more))
	}
	c.line("", "This lists them: holdfast salvage %s --scavenge", shellWord(path))
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

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func diffVerb(c *console) *cobra.Command {
	var (
		previous, salvage side
		verbose, asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "diff A.DB B.DB",
		Short: "Show the differences between two databases",
		Long: `Diff lists the objects that only one of two databases has, and for objects in both
the fields that differ, decoded. The exit code is 0 with or without differences.

--previous and --salvage read a damaged file, or the state before the last transaction,
as the other verbs do: for both files, or with =A or =B for one of them. So
  holdfast diff meta.db meta.db --previous=A
shows the changes of the last transaction.`,
		Example: `  holdfast diff before.db after.db
  holdfast diff before.db.gz - --json < after.db
  holdfast diff meta.db meta.db --previous=A`,
		Args: argCount(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "-" && args[1] == "-" {
				return fmt.Errorf("only one of A.DB and B.DB can be standard input")
			}
			older, newer := source{path: args[0], previous: previous.a}, source{path: args[1], previous: previous.b}
			if salvage.a {
				older.salvage = &boltfile.Salvage{}
			}
			if salvage.b {
				newer.salvage = &boltfile.Salvage{}
			}
			a, err := c.read(older)
			if err != nil {
				return err
			}
			b, err := c.read(newer)
			if err != nil {
				return err
			}
			d, err := examine.Compare(a, b)
			if err != nil {
				return err
			}
			if older.salvage != nil {
				d.LostOlder = examine.LostParts(older.salvage)
			}
			if newer.salvage != nil {
				d.LostNewer = examine.LostParts(newer.salvage)
			}
			return c.answer(d, asJSON, func() { c.printDiff(d, verbose) }, false)
		},
	}
	previous.add(cmd, "previous", "read the state before the last transaction of `SIDE`: A, B or both")
	salvage.add(cmd, "salvage", "read a damaged file as far as possible, on `SIDE`: A, B or both")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every added and removed node")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// A side is the value of a flag that applies to one file or to both.
type side struct{ a, b bool }

const bothSides = "both"

func (s *side) add(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(s, name, usage)
	cmd.Flags().Lookup(name).NoOptDefVal = bothSides
	complete(cmd, name, "A", "B", bothSides)
}

func (s *side) Set(text string) error {
	*s = side{strings.EqualFold(text, "A") || text == bothSides, strings.EqualFold(text, "B") || text == bothSides}
	if !s.a && !s.b {
		return fmt.Errorf("must be A, B or %s", bothSides)
	}
	return nil
}

func (s *side) String() string {
	switch {
	case s.a && s.b:
		return bothSides
	case s.a:
		return "A"
	case s.b:
		return "B"
	}
	return ""
}

func (s *side) Type() string { return "side" }

func (c *console) printDiff(d *examine.Diff, verbose bool) {
	defer func() {
		for _, lost := range []struct {
			name  string
			parts []examine.LostPart
		}{{"A.DB", d.LostOlder}, {"B.DB", d.LostNewer}} {
			if len(lost.parts) > 0 {
				c.blank()
				c.line(yellow, "Lost from %s; objects in these parts may only seem to be added or removed:", lost.name)
				c.printLostParts(lost.parts)
			}
		}
	}()
	if d.Empty() {
		c.line(bold, "The databases hold the same objects.")
		return
	}
	c.line(bold, "%s, %s removed, %s changed.", plural(len(d.Added), "object added", "objects added"),
		humanCount(len(d.Removed)), humanCount(len(d.Changed)))
	c.list("Added:", d.Added, verbose)
	c.list("Removed:", d.Removed, verbose)
	if len(d.Changed) > 0 {
		c.blank()
		c.line("", "Changed:")
		for _, change := range d.Changed {
			c.line("", "  %s", change.Node)
			c.printFields(change.Fields, "    ")
		}
	}
	if len(d.Outside) > 0 {
		c.blank()
		c.line("", "Outside objects:")
		c.printFields(d.Outside, "  ")
	}
}

func (c *console) printFields(fields []examine.FieldChange, indent string) {
	for _, f := range fields {
		switch {
		case f.From == nil:
			c.line(green, "%s+ %s  %s", indent, f.Field, *f.To)
		case f.To == nil:
			c.line(red, "%s- %s  %s", indent, f.Field, *f.From)
		default:
			c.line(yellow, "%s~ %s  %s → %s", indent, f.Field, *f.From, *f.To)
		}
	}
}

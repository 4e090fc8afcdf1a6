package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func diffVerb(c *console) *cobra.Command {
	var verbose, asJSON bool
	cmd := &cobra.Command{
		Use:   "diff A.DB B.DB",
		Short: "Show the differences between two databases",
		Long: `Diff lists the objects that only one of two databases has, and for objects in both
the fields that differ, decoded. The exit code is 0 with or without differences.`,
		Example: `  holdfast diff before.db after.db
  holdfast diff before.db.gz - --json < after.db`,
		Args: argCount(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "-" && args[1] == "-" {
				return fmt.Errorf("only one of A.DB and B.DB can be standard input")
			}
			a, err := c.readDatabase(args[0])
			if err != nil {
				return err
			}
			b, err := c.readDatabase(args[1])
			if err != nil {
				return err
			}
			d, err := examine.Compare(a, b)
			if err != nil {
				return err
			}
			return c.answer(d, asJSON, func() { c.printDiff(d, verbose) }, false)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every added and removed node")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) printDiff(d *examine.Diff, verbose bool) {
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

package main

import (
	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func topVerb(c *console) *cobra.Command {
	var (
		q      question
		limit  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "top META.DB",
		Short: "Show which roots hold the bytes",
		Long: `Top lists the roots with the largest retained size: the bytes that a collection would
free if that root alone were deleted. SHARED counts the bytes that it keeps together
with other roots. A second table has the totals of each kind of object by namespace.`,
		Example: `  holdfast top meta.db
  holdfast top meta.db -n 5 --usage snapshots.txt
  holdfast top meta.db -n 0 --json`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := c.examine(args[0], &q)
			if err != nil {
				return err
			}
			top, err := d.Top(limit)
			if err != nil {
				return err
			}
			return c.answer(top, asJSON, func() { c.printTop(top) }, false)
		},
	}
	q.addFlags(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", listedMax, "list at most `N` roots; 0 lists all")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) printTop(top *examine.Top) {
	c.line(bold, "%s, held by %s; a collection would free %s.", humanBytes(top.KeptBytes),
		plural(top.RootCount, "root", "roots"), humanBytes(top.RemovedBytes))
	c.blank()
	t := newTable(">RETAINED", ">OBJECTS", ">SHARED", ">OBJECTS", "ROOT")
	for _, h := range top.Roots {
		t.add(cell{humanBytes(h.RetainedBytes), bold}, humanCount(h.RetainedObjects),
			humanBytes(h.SharedBytes), humanCount(h.SharedObjects), h.Node)
	}
	c.print(t, "  ")
	if more := top.RootCount - len(top.Roots); more > 0 {
		c.line(dim, "  and %s more (-n 0 lists all)", humanCount(more))
	}
	c.blank()
	t = newTable("NAMESPACE", "KIND", ">KEPT", ">BYTES", ">SHARED", ">GARBAGE", ">BYTES")
	for _, s := range top.Shares {
		t.add(s.Namespace, s.Kind, humanCount(s.Kept), humanBytes(s.KeptBytes), humanBytes(s.SharedKeptBytes),
			humanCount(s.Removed), humanBytes(s.RemovedBytes))
	}
	c.print(t, "  ")
	c.printBasis(&top.Basis)
	c.printUnsized(top.UnsizedSnapshots)
}

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func planVerb(c *console) *cobra.Command {
	var (
		q       question
		deleted []string
		verbose bool
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "plan META.DB",
		Short: "Show the objects that a collection would remove",
		Long: `Plan shows which objects a garbage collection would remove, and how many bytes that
would free. It applies the rules of the daemon's version.`,
		Example: `  holdfast plan meta.db
  holdfast plan meta.db --containerd 1.7 --at 2026-01-02T15:04:05Z
  holdfast plan meta.db --delete image/default/docker.io/library/alpine:3.20
  ssh node cat /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db | holdfast plan -`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := c.examine(args[0], &q)
			if err != nil {
				return err
			}
			p, err := d.Plan(deleted...)
			if err != nil {
				return err
			}
			return c.answer(p, asJSON, func() { c.printPlan(p, "would remove", verbose) }, p.Fails != "")
		},
	}
	q.addFlags(cmd)
	cmd.Flags().StringArrayVar(&deleted, "delete", nil, "assume that `NODE` is deleted first (hypothetical; repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("delete", completeNode(c, 1))
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every node, and the differences to other versions")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printPlan prints a plan. The verb is "would remove" or "removed".
func (c *console) printPlan(p *examine.Plan, verb string, verbose bool) {
	if p.Fails != "" {
		c.line(red, "A collection by containerd %s fails and removes nothing:", p.Containerd)
		c.line("", "  %s", p.Fails)
		c.printBasis(&p.Basis)
		return
	}
	removed := "nothing"
	if len(p.Removed)+len(p.Deleted) > 0 {
		removed = plural(len(p.Removed), "object", "objects") + ", " + humanBytes(p.RemovedBytes)
	}
	c.line(bold, "A collection by containerd %s at %s %s %s.", p.Containerd, p.At.Format(time.RFC3339Nano), verb, removed)
	c.list("Deleted before the collection (hypothetical):", p.Deleted, true)
	c.printCounts(p)
	c.list("Removed:", p.Removed, verbose)
	c.printBasis(&p.Basis)
	c.printOthers(p, verbose)
	c.printUnsized(p.UnsizedSnapshots)
}

func (c *console) printCounts(p *examine.Plan) {
	t := newTable("KIND", ">REMOVED", ">KEPT")
	for _, kind := range examine.Kinds() {
		removed, kept := p.RemovedCount[kind], p.KeptCount[kind]
		if removed+kept > 0 {
			t.add(kind, humanCount(removed), humanCount(kept))
		}
	}
	if len(t.rows) > 0 {
		c.blank()
		c.print(t, "  ")
	}
}

// printOthers compares the plan with the plans of other versions that write the same schema.
func (c *console) printOthers(p *examine.Plan, verbose bool) {
	differs := slices.ContainsFunc(p.Others, func(o examine.Other) bool { return o.Differs > 0 || o.Fails != "" })
	switch {
	case len(p.Others) == 0:
		return
	case !differs:
		c.line(dim, "All other versions with this schema would remove the same objects.")
		return
	}
	c.blank()
	c.line(yellow, "Other versions with this schema decide differently:")
	t := newTable("CONTAINERD", ">NODES", "")
	for _, o := range p.Others {
		switch {
		case o.Fails != "":
			t.add(o.Containerd, "", "fails: "+o.Fails)
		case o.Differs == 0:
			t.add(o.Containerd, "0", "")
		default:
			t.add(o.Containerd, humanCount(o.Differs), fmt.Sprintf("removes %s more, keeps %s more", humanCount(len(o.Removes)), humanCount(len(o.Keeps))))
		}
	}
	c.print(t, "  ")
	if !verbose {
		c.line(dim, "--containerd VERSION selects the version; -v lists the differences.")
		return
	}
	for _, o := range p.Others {
		c.list(o.Containerd+" also removes:", o.Removes, true)
		c.list(o.Containerd+" keeps:", o.Keeps, true)
	}
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func planVerb(c *console) *cobra.Command {
	var (
		q       question
		deleted []string
		until   string
		verbose bool
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "plan [META.DB|ROOT]",
		Short: "Show the objects that a collection would remove",
		Long: `Plan shows which objects a garbage collection would remove, and how many bytes that
would free. It applies the rules of the daemon's version.

--delete assumes that objects are deleted first, and shows the difference that this
makes. It takes a NODE; holder/NODE, all that a person deletes together, for example
every name of an image; namespace/NAME; or a pattern with * and ?.

--until lists the times at which leases, images and uploads expire, and the bytes
that each expiry frees. containerd does not collect by itself at these times: it
waits for a deletion.`,
		Example: `  holdfast plan meta.db
  holdfast plan meta.db --containerd 1.7 --at 2026-01-02T15:04:05Z
  holdfast plan meta.db --delete image/default/docker.io/library/alpine:3.20
  holdfast plan /var/lib/containerd --delete 'lease/moby/*' --delete namespace/ci
  holdfast plan --until 7d
  ssh node cat /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db | holdfast plan -`,
		Args: argCount(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, _, err := c.openSource(args, 0, &q)
			if err != nil {
				return err
			}
			o := examine.PlanOptions{Delete: deleted}
			if o.Until, err = untilTime(until, d.Basis().At); err != nil {
				return err
			}
			p, err := d.PlanWith(o)
			if err != nil {
				return err
			}
			return c.answer(p, asJSON, func() { c.printPlan(p, "would remove", verbose) }, p.Fails != "")
		},
	}
	q.addFlags(cmd)
	q.addDiskFlags(cmd)
	cmd.Flags().StringArrayVar(&deleted, "delete", nil, "assume that `NODE` is deleted first (hypothetical; repeatable)")
	cmd.Flags().StringVar(&until, "until", "", "list the expiries within `DURATION`, such as 12h or 7d, or up to a time (RFC 3339)")
	_ = cmd.RegisterFlagCompletionFunc("delete", completeDeleted(c, &q.disk))
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
		removed = plural(len(p.Removed), "object", "objects") + ", " + sizeText(p.RemovedBytes, p.UnsizedSnapshots)
	}
	c.line(bold, "A collection by containerd %s at %s %s %s.", p.Containerd, shortTime(p.At), verb, removed)
	c.printDifference(p, verbose)
	c.printExpiries(p)
	c.printCounts(p)
	c.printRemoved(p, verbose)
	c.printWithheld(p.Withheld)
	c.printBasis(&p.Basis)
	c.printOthers(p, verbose)
	c.printUnsized(p.UnsizedSnapshots)
}

// printRemoved prints the removed objects with their sizes, the largest first.
func (c *console) printRemoved(p *examine.Plan, verbose bool) {
	if len(p.Removed) == 0 {
		return
	}
	order := make([]int, len(p.Removed))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.RemovedSizes[b], p.RemovedSizes[a]) })
	shown := len(order)
	if !verbose {
		shown = min(shown, listedMax)
	}
	c.blank()
	c.line("", "Removed, largest first:")
	t := newTable(">", "")
	t.bare = true
	for _, i := range order[:shown] {
		size := ""
		switch bytes := p.RemovedSizes[i]; {
		case bytes < 0:
			size = "unknown"
		case bytes > 0:
			size = humanBytes(bytes)
		}
		t.add(size, p.Removed[i])
	}
	c.print(t, "  ")
	if more := len(order) - shown; more > 0 {
		c.line(dim, "  and %s more (-v lists all)", humanCount(more))
	}
}

// printWithheld prints the namespaces in which nothing is called garbage.
func (c *console) printWithheld(namespaces []examine.Withheld) {
	if len(namespaces) == 0 {
		return
	}
	c.blank()
	c.line(yellow, "Records of these namespaces are lost, and one of them may keep any object of its namespace. So")
	c.line(yellow, "nothing in them is called garbage (--force does):")
	t := newTable("NAMESPACE", ">WITHHELD", "LOST")
	for _, w := range namespaces {
		t.add(w.Namespace, plural(w.Objects, "object", "objects"), w.Lost)
	}
	c.print(t, "  ")
}

// printDifference prints a hypothetical deletion and the difference that it makes.
func (c *console) printDifference(p *examine.Plan, verbose bool) {
	if p.Difference != nil {
		freed := p.Difference.Freed
		c.line("", "The deletion alone makes a difference of %s.", c.freedText(freed))
	}
	c.list("Deleted before the collection (hypothetical):", p.Deleted, verbose || len(p.Deleted) <= listedMax)
	if p.Difference != nil {
		c.list("Removed because of the deletion:", p.Difference.Removed, verbose)
	}
}

// freedText formats a number of objects with their size.
func (c *console) freedText(freed examine.Part) string {
	if !freed.Known() {
		return "an unknown number of objects"
	}
	return plural(freed.Objects, "object", "objects") + ", " + c.partBytes(freed)
}

// printExpiries prints the next expiry, or those up to a time.
func (c *console) printExpiries(p *examine.Plan) {
	if p.UntilFreed != nil {
		c.blank()
		if p.UntilCount == 0 {
			c.line("", "Nothing expires in that time.")
			return
		}
		c.line("", "Expiries in that time: %s, which free %s.", humanCount(p.UntilCount), c.freedText(*p.UntilFreed))
		t := newTable("FROM", ">OBJECTS", ">FREED", "WHEN THIS ENDS")
		for _, e := range p.Until {
			t.add(shortTime(e.At), countText(e.Freed.Objects), c.partBytes(e.Freed), nodeList(e.Nodes))
		}
		c.print(t, "  ")
		if more := p.UntilCount - len(p.Until); more > 0 {
			c.line(dim, "  and %s more", humanCount(more))
		}
	} else if p.Next != nil {
		more := "An unknown number of objects more"
		if freed := p.Next.Freed; freed.Known() {
			more = fmt.Sprintf("%s more, %s", plural(freed.Objects, "object", "objects"), c.partBytes(freed))
		}
		c.line("", "%s, from %s on, when %s ends.", more, p.Next.At.Format(time.RFC3339Nano), nodeList(p.Next.Nodes))
	}
	if p.Next != nil {
		c.line(dim, "containerd starts no collection at that time by itself: its scheduler waits for a deletion.")
	}
}

// nodeList names the first of some nodes.
func nodeList(nodes []string) string {
	if len(nodes) <= 1 {
		return strings.Join(nodes, "")
	}
	return fmt.Sprintf("%s (and %s more)", nodes[0], humanCount(len(nodes)-1))
}

// untilTime parses the value of --until: a duration from at on, or a time.
func untilTime(text string, at time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		if t.Before(at) {
			return t, fmt.Errorf("--until %s: is before the collection, %s", text, shortTime(at))
		}
		return t, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return at.AddDate(0, 0, int(n)), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return time.Time{}, fmt.Errorf("--until %q: must be a duration such as 12h or 7d, or a time such as 2006-01-02T15:04:05Z", text)
	}
	return at.Add(d), nil
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

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func topVerb(c *console) *cobra.Command {
	var (
		q question
		f topFlags
	)
	cmd := &cobra.Command{
		Use:   "top [META.DB|ROOT]",
		Short: "Show the holders of the disk",
		Long: `Top accounts for all bytes of a node. A holder is a set of objects that a person
deletes together: all names of an image, a container with its snapshot, a lease.
RETAINED is freed if that holder alone is deleted. SHARED is kept by other holders
as well; the list of shared parts says by which.

With the root directory of a node, sizes of snapshots come from the snapshotters'
own databases, and top also finds files that the metadata does not know. The size of
an active snapshot is recorded nowhere: --measure walks its directory.

--format prometheus prints metrics for the textfile collector of node_exporter.`,
		Example: `  holdfast top /var/lib/containerd
  holdfast top --measure -n 5
  holdfast top meta.db --by client
  holdfast top /var/lib/containerd --format prometheus > holdfast.prom`,
		Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			d, _, err := c.openSource(args, 0, &q)
			if err != nil {
				return err
			}
			a, err := d.Account(f.options())
			if by, ok := examine.ParseGroupBy(f.by); ok && err == nil {
				a.Groups, err = d.Groups(by)
			}
			if err != nil {
				return err
			}
			return c.printAccounting(a, f)
		},
	}
	q.addFlags(cmd)
	q.addDiskFlags(cmd)
	f.addFlags(cmd)
	return cmd
}

// topFlags are the flags for the answer of top.
type topFlags struct {
	limit  int
	by     string
	format string
	asJSON bool
}

func (f *topFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&f.limit, "limit", "n", listedMax, "list at most `N` holders and N shared parts; 0 lists all")
	cmd.Flags().StringVar(&f.by, "by", byHolder, "group by `FIELD`: "+strings.Join(topGroups, ", "))
	cmd.Flags().StringVar(&f.format, "format", formatTable, "print as `FORMAT`: "+strings.Join(topFormats, ", "))
	jsonFlag(cmd, &f.asJSON)
	complete(cmd, "by", topGroups...)
	complete(cmd, "format", topFormats...)
}

func (f *topFlags) check() error {
	if f.asJSON {
		f.format = formatJSON
	}
	if !slices.Contains(topFormats, f.format) {
		return fmt.Errorf("--format %q: must be one of %s", f.format, strings.Join(topFormats, ", "))
	}
	if !slices.Contains(topGroups, f.by) {
		return fmt.Errorf("--by %q: must be one of %s", f.by, strings.Join(topGroups, ", "))
	}
	return nil
}

// options returns the options of the accounting.
func (f *topFlags) options() examine.AccountOptions {
	o := examine.AccountOptions{ByName: f.by == byName, Limit: f.limit}
	if f.format == formatTable {
		o.HoldersPerSet = sharersMax
	}
	if grouped := f.by != byHolder && f.by != byName; grouped || f.format == formatPrometheus || f.format == formatCSV {
		o.Limit, o.HoldersPerSet = 0, 0
	}
	return o
}

// The values of --by.
const (
	byHolder      = "holder"
	byName        = "name"
	byKind        = "kind"
	byNamespace   = "namespace"
	byClient      = "client"
	bySnapshotter = "snapshotter"
)

var topGroups = []string{byHolder, byName, byKind, byNamespace, byClient, bySnapshotter}

// sharersMax bounds the holders of a shared part that the table names.
const sharersMax = 2

func (c *console) printAccounting(a *examine.Accounting, f topFlags) error {
	if a.Groups != nil {
		a.Holders, a.Shared = []examine.Holder{}, []examine.SharedPart{}
	}
	switch f.format {
	case formatJSON:
		return c.printJSON(a)
	case formatCSV:
		return c.printCSV(a)
	case formatPrometheus:
		c.printPrometheus(a)
		return nil
	}
	c.printTop(a, f.by, f.limit)
	return nil
}

func (c *console) printTop(a *examine.Accounting, by string, limit int) {
	freed := c.partBytes(a.Garbage)
	if len(a.Withheld) > 0 {
		freed = "an unknown size: records are lost"
	}
	c.line(bold, "%s, held by %s; a collection would free %s.", c.partBytes(examine.Part{Bytes: a.TotalBytes, UnsizedSnapshots: a.UnsizedSnapshots}),
		plural(a.HolderCount, "holder", "holders"), freed)
	c.blank()
	c.printKinds(a)
	c.blank()
	switch {
	case a.Groups != nil:
		c.printGroups(a, by)
	default:
		c.printHolders(a, limit)
		c.printShared(a, limit)
	}
	c.printWithheld(a.Withheld)
	c.printBasis(&a.Basis)
	c.printUnsized(a.UnsizedSnapshots)
}

// partBytes formats the size of a part. A size that lacks snapshots is marked, and one that lacks all is unknown, as is
// one that lost records could change.
func (c *console) partBytes(p examine.Part) string { return sizeText(p.Bytes, p.UnsizedSnapshots) }

func sizeText(bytes int64, unsized int) string {
	switch {
	case bytes < 0:
		return unknownText
	case unsized == 0:
		return humanBytes(bytes)
	case bytes == 0:
		return unknownText
	}
	return humanBytes(bytes) + "+?"
}

// countText formats a count, which may be unknown.
func countText(n int) string {
	if n < 0 {
		return unknownText
	}
	return humanCount(n)
}

const unknownText = "unknown"

var kindTitles = map[examine.HolderKind]string{
	examine.HolderImage:     "images",
	examine.HolderContainer: "containers",
	examine.HolderSandbox:   "sandboxes",
	examine.HolderLease:     "leases",
	examine.HolderLabel:     "objects with the label gc.root",
	examine.HolderUpload:    "uploads",
}

func (c *console) printKinds(a *examine.Accounting) {
	t := newTable("", ">COUNT", ">SIZE", ">RECLAIMABLE")
	for _, k := range a.Kinds {
		title := kindTitles[k.Kind]
		if k.Ends != nil && *k.Ends {
			title += " with an end"
		} else if k.Ends != nil {
			title += " without an end"
		}
		t.add(title, humanCount(k.Count), c.partBytes(k.Kept), c.partBytes(k.Reclaimable))
	}
	t.add("garbage", countText(a.Garbage.Objects), c.partBytes(a.Garbage), c.partBytes(a.Garbage))
	if a.Unheld != nil {
		t.add("held by no readable record", humanCount(a.Unheld.Objects), c.partBytes(*a.Unheld), unknownText)
	}
	if a.Unknown != nil {
		t.add("on disk only", humanCount(a.Unknown.Objects), c.partBytes(*a.Unknown), "")
	}
	c.print(t, "  ")
}

func (c *console) printHolders(a *examine.Accounting, limit int) {
	t := newTable(">RETAINED", ">OBJECTS", ">SHARED", "CLIENT", "HOLDER", "")
	for _, h := range a.Holders {
		var notes []string
		if more := len(h.Nodes) - 1; more > 0 && h.Kind == examine.HolderImage {
			notes = append(notes, "+"+plural(more, "name", "names"))
		}
		if h.Ends != nil {
			notes = append(notes, "ends "+shortTime(*h.Ends))
		}
		t.add(cell{sizeText(h.RetainedBytes, h.UnsizedSnapshots), bold}, countText(h.RetainedObjects), humanBytes(h.SharedBytes),
			string(h.Client), h.Holder, cell{strings.Join(notes, ", "), dim})
	}
	c.print(t, "  ")
	if more := a.HolderCount - len(a.Holders); more > 0 {
		c.line(dim, "  and %s more (-n 0 lists all)", humanCount(more))
	}
}

func (c *console) printShared(a *examine.Accounting, limit int) {
	if a.SharedCount == 0 {
		return
	}
	c.blank()
	c.line("", "Shared by several holders, %s in all:", humanBytes(a.SharedBytes))
	t := newTable(">SIZE", ">OBJECTS", "KEPT BY")
	for _, s := range a.Shared {
		names := make([]string, 0, len(s.Holders)+1)
		for _, h := range s.Holders {
			names = append(names, shortHolder(h))
		}
		text := strings.Join(names, ", ")
		switch more := s.HolderCount - len(s.Holders); {
		case s.HolderCount == 0:
			text = "too many holders to list"
		case more > 0:
			text += " and " + humanCount(more) + " more"
		}
		t.add(cell{c.partBytes(s.Part), bold}, humanCount(s.Objects), text)
	}
	c.print(t, "  ")
	if more := a.SharedCount - len(a.Shared); more > 0 {
		c.line(dim, "  and %s more (-n 0 lists all)", humanCount(more))
	}
}

// shortHolder leaves the kind and the namespace of an image out: "app:1" says enough in a list of sharers.
func shortHolder(node string) string {
	if rest, ok := strings.CutPrefix(node, "image/"); ok {
		if _, name, ok := strings.Cut(rest, "/"); ok {
			return name
		}
	}
	return node
}

func (c *console) printGroups(a *examine.Accounting, by string) {
	t := newTable(">KEPT", ">OBJECTS", ">RECLAIMABLE", ">HOLDERS", ">GARBAGE", strings.ToUpper(by))
	size := func(p *examine.Part) string {
		if p == nil {
			return "-"
		}
		return c.partBytes(*p)
	}
	for _, g := range a.Groups {
		holders := "-"
		if g.Holders > 0 {
			holders = humanCount(g.Holders)
		}
		t.add(cell{c.partBytes(g.Kept), bold}, humanCount(g.Kept.Objects), size(g.Reclaimable), holders, size(g.Garbage), g.Group)
	}
	c.print(t, "  ")
}

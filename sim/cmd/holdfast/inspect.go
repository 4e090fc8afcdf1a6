package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

func inspectVerb(c *console) *cobra.Command {
	var (
		parts           disk
		verbose, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "inspect META.DB|ROOT [PATH]",
		Short: "Show the stored records, decoded",
		Long: `Inspect shows the tree of buckets and values, decoded. PATH selects one of them: the
names of buckets joined with "/", or a node. Without PATH, it shows the whole tree.

Of a snapshotter's metadata.db, it lists the snapshots.`,
		Example: `  holdfast inspect meta.db
  holdfast inspect meta.db v1/default/images
  holdfast inspect meta.db image/default/docker.io/library/alpine:3.20
  holdfast inspect meta.db v1/version --json`,
		Args:              argCount(1, 2),
		ValidArgsFunction: completeNode(c, nil, nil),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := c.source(args[0], parts)
			if err != nil {
				return err
			}
			db, err := c.read(s)
			if err != nil {
				return err
			}
			if snapshotter, err := nodedir.OpenRecords("", db); err == nil && len(args) == 1 {
				return c.answer(storageAnswer(snapshotter), asJSON, func() { c.printStorage(snapshotter) }, false)
			}
			t, err := examine.Inspect(db, strings.Join(args[1:], ""))
			if err != nil {
				return err
			}
			return c.answer(t, asJSON, func() {
				c.printTree(t, verbose)
				c.printLost(s)
			}, false)
		},
	}
	parts.addDamageFlags(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "explain each value")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// A storedSnapshot is a record of a snapshotter's database, as JSON.
type storedSnapshot struct {
	Name   string            `json:"name"`
	ID     uint64            `json:"id"`
	Parent string            `json:"parent,omitempty"`
	Kind   string            `json:"kind"`
	Size   *int64            `json:"size,omitempty"` // bytes; missing if it is not recorded
	Inodes *int64            `json:"inodes,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

func storageAnswer(s *nodedir.Snapshotter) any {
	list := []storedSnapshot{}
	for one := range s.Records.All() {
		stored := storedSnapshot{Name: one.Name, ID: one.ID, Parent: one.Parent, Kind: strings.ToLower(one.Kind.String()), Labels: one.Labels}
		if one.Sized {
			stored.Size, stored.Inodes = &one.Size, &one.Inodes
		}
		list = append(list, stored)
	}
	return struct {
		Version   int              `json:"version"`
		Snapshots []storedSnapshot `json:"snapshots"`
	}{examine.ShapeVersion, list}
}

// printStorage lists the snapshots of a snapshotter's database.
func (c *console) printStorage(s *nodedir.Snapshotter) {
	c.line(bold, "This is a snapshotter's database: %s. The metadata database is io.containerd.metadata.v1.bolt/meta.db.",
		plural(s.Records.Len(), "snapshot", "snapshots"))
	c.blank()
	t := newTable("NAME", "KIND", "DIRECTORY", ">SIZE", ">INODES", "PARENT")
	for one := range s.Records.All() {
		size, inodes := "unknown", "unknown"
		if one.Sized {
			size, inodes = humanBytes(one.Size), humanCount(int(one.Inodes))
		}
		t.add(one.Name, strings.ToLower(one.Kind.String()), one.Dir(), size, inodes, one.Parent)
	}
	c.print(t, "  ")
}

// nameMax limits the width of the column of names.
const nameMax = 48

func (c *console) printTree(t *examine.Tree, verbose bool) {
	widths := map[string]int{} // the widths of the columns of names, by bucket
	for _, i := range t.Items {
		if name := i.Path[len(i.Path)-1]; !i.Bucket && utf8.RuneCountInString(name) <= nameMax {
			widths[parent(i)] = max(widths[parent(i)], utf8.RuneCountInString(name))
		}
	}
	top := max(len(t.Path), 1)
	for _, i := range t.Items {
		name := i.Path[len(i.Path)-1]
		if len(i.Path) == top {
			name = strings.Join(i.Path, "/")
		}
		c.out.WriteString(strings.Repeat("  ", len(i.Path)-top))
		if i.Bucket {
			c.out.WriteString(c.styled(bold, name))
		} else {
			c.out.WriteString(c.styled("", fmt.Sprintf("%-*s  %s", widths[parent(i)], name, oneLine(i.Value))))
		}
		if i.Fault != "" {
			c.out.WriteString(c.styled(red, "  ✗ "+i.Fault))
		} else if verbose && i.Means != "" && !i.Bucket {
			c.out.WriteString(c.styled(dim, "  ("+i.Means+")"))
		}
		c.out.WriteByte('\n')
	}
	if t.Payload != "" {
		c.out.WriteByte('\n')
		for line := range strings.SplitSeq(t.Payload, "\n") {
			c.line("", "  %s", line)
		}
	}
}

func parent(i examine.Item) string { return strings.Join(i.Path[:len(i.Path)-1], "\x00") }

// oneLine formats a value in one line; it returns "" for nil.
func oneLine(v *examine.Value) string {
	switch {
	case v == nil:
		return ""
	case v.Hex == "":
		return v.Text
	case len(v.Hex) > 64:
		return fmt.Sprintf("0x%s… (%s)", v.Hex[:64], plural(v.Size, "byte", "bytes"))
	}
	return "0x" + v.Hex
}

package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func inspectVerb(c *console) *cobra.Command {
	var verbose, asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect META.DB [PATH]",
		Short: "Show the stored records, decoded",
		Long: `Inspect shows the tree of buckets and values, decoded. PATH selects one of them: the
names of buckets joined with "/", or a node. Without PATH, it shows the whole tree.`,
		Example: `  holdfast inspect meta.db
  holdfast inspect meta.db v1/default/images
  holdfast inspect meta.db image/default/docker.io/library/alpine:3.20
  holdfast inspect meta.db v1/version --json`,
		Args:              argCount(1, 2),
		ValidArgsFunction: completeNode(c, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			db, err := c.readDatabase(args[0])
			if err != nil {
				return err
			}
			t, err := examine.Inspect(db, strings.Join(args[1:], ""))
			if err != nil {
				return err
			}
			return c.answer(t, asJSON, func() { c.printTree(t, verbose) }, false)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "explain each value")
	jsonFlag(cmd, &asJSON)
	return cmd
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

package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func whyVerb(c *console) *cobra.Command {
	var (
		q      question
		limit  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "why [META.DB|ROOT] NODE",
		Short: "Show the references that keep an object, or that almost keep it",
		Long: `Why lists every shortest chain of references from a root to an object, and the
label or field that makes each reference. For an object that a collection would
remove, it lists the chains that almost keep it, and marks where they break.

A snapshot can also be given by its snapshotter's name, such as k8s.io/5/c1, or by its
directory, such as snapshots/1384; a container by the beginning of its ID.

namespace/NAME shows the objects that keep a namespace from being deleted.`,
		Example: `  holdfast why meta.db image/default/docker.io/library/alpine:3.20
  holdfast why meta.db 9f86d081 --containerd 2.0
  holdfast why /var/lib/containerd snapshots/1384
  holdfast why meta.db namespace/ci
  holdfast why meta.db snapshot/default/overlayfs/web --json`,
		Args:              argCount(1, 2),
		ValidArgsFunction: completeNode(c, &q.disk, whyPrefixes),
		RunE: func(_ *cobra.Command, args []string) error {
			d, rest, err := c.openSource(args, 1, &q)
			if err != nil {
				return err
			}
			if name, ok := strings.CutPrefix(rest[0], "namespace/"); ok {
				n, err := d.Namespace(name, limit)
				if err != nil {
					return err
				}
				return c.answer(n, asJSON, func() { c.printNamespace(n) }, false)
			}
			w, err := d.Why(rest[0], limit)
			if err != nil {
				return err
			}
			return c.answer(w, asJSON, func() { c.printWhy(w) }, false)
		},
	}
	q.addFlags(cmd)
	q.addDiskFlags(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", 16, "list at most `N` chains, N roots and N references")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) printWhy(w *examine.Why) {
	c.line(bold, "%s %s", w.Node, verdict(w))
	if w.Withheld != "" {
		c.line(yellow, "Records of its namespace are lost, and one of them may keep the same objects: %s.", w.Withheld)
	}
	if w.Kept && w.RetainedObjects > 0 {
		c.line("", "Without it, a collection would remove %s (%s), including itself.",
			plural(w.RetainedObjects, "object", "objects"), sizeText(w.RetainedBytes, w.UnsizedSnapshots))
	}
	c.printImageState(w.Image)
	c.printChains(w)
	c.printFurtherRoots(w)
	c.printReferences("Objects that refer to it, and are not kept either:", furtherReferences(w))
	c.printReferences("References to the same key in another namespace, where it does not exist:", w.Astray)
	c.printIgnored(w.IgnoredLabels)
	c.list("Other namespaces keep the same blob, so its bytes stay:", w.KeptElsewhere, true)
	c.printBasis(&w.Basis)
}

// printNamespace prints the objects that keep a namespace from being deleted.
func (c *console) printNamespace(n *examine.Namespace) {
	blocking := 0
	t := newTable("", "")
	t.bare = true
	for _, kind := range examine.Kinds() {
		if count := n.Blocking[kind]; count > 0 {
			blocking += count
			t.add(kind, humanCount(count))
		}
	}
	switch {
	case n.Withheld != "":
		c.line(bold, "%s that could be read keep the namespace %s from being deleted.", plural(blocking, "object", "objects"), n.Namespace)
		c.line(yellow, "Records of the namespace are lost, so there may be more, and what is garbage is unknown: %s.", n.Withheld)
		c.print(t, "  ")
		c.line("", "Deleting everything in it and collecting frees an unknown number of objects.")
	case blocking == 0:
		c.line(bold, "Nothing keeps the namespace %s from being deleted.", n.Namespace)
	default:
		c.line(bold, "%s keep the namespace %s from being deleted; %s are garbage, which the next collection removes.",
			plural(blocking, "object", "objects"), n.Namespace, humanCount(n.GarbageBlocking))
		c.print(t, "  ")
		c.line("", "Deleting everything in it and collecting frees %s, %s.", plural(n.Freed.Objects, "object", "objects"), c.partBytes(n.Freed))
	}
	var along []string
	for _, kind := range examine.Kinds() {
		if count := n.DeletedAlong[kind]; count > 0 {
			along = append(along, plural(count, kind, kind+"s"))
		}
	}
	if len(along) > 0 {
		c.line("", "containerd deletes along with an empty namespace: %s.", strings.Join(along, ", "))
	}
	if n.HolderCount > 0 {
		c.blank()
		c.printHolders(&examine.Accounting{Holders: n.Holders, HolderCount: n.HolderCount}, 0)
	}
	c.printBasis(&n.Basis)
}

// imageStates explain the states of images.
var imageStates = map[examine.ImageState]string{
	examine.ImageWhole:       "The image is whole.",
	examine.ImageNotUnpacked: "The image is not unpacked. Its layers are there, so a client unpacks it when it needs it.",
	examine.ImageBroken:      "The image is broken: no container starts from it.",
	examine.ImageUnknown:     "Nothing shows whether the image is usable.",
}

func (c *console) printImageState(image *examine.Image) {
	if image == nil {
		return
	}
	text := imageStates[image.State]
	if image.FromLabels {
		text += " (From labels: the content store was not looked at.)"
	}
	style := green
	if image.State == examine.ImageBroken {
		style = red
	}
	c.line(style, "%s", text)
	if image.State != examine.ImageBroken {
		return
	}
	for _, p := range image.Platforms {
		for _, m := range p.Missing {
			reason := ""
			if m.Why != "" {
				reason = " (" + m.Why + ")"
			}
			c.line("", "  It lacks %s: %s%s.", m.Part, m.Node, reason)
		}
	}
}

func (c *console) printIgnored(labels []examine.IgnoredLabel) {
	if len(labels) == 0 {
		return
	}
	c.blank()
	c.line("", "Labels of the object that have no effect:")
	t := newTable("", "")
	t.bare = true
	for _, l := range labels {
		t.add(l.Label+"="+l.Value, cell{l.Why, dim})
	}
	c.print(t, "  ")
}

// furtherReferences returns the references to a node that are not the last step of a printed chain.
func furtherReferences(w *examine.Why) []examine.Reference {
	shown := map[string]bool{}
	for _, chain := range w.Chains {
		if len(chain) > 1 {
			shown[chain[len(chain)-2].Node] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(w.Referrers), func(r examine.Reference) bool { return shown[r.From] })
}

// printFurtherRoots lists the roots that reach the node only through longer chains.
func (c *console) printFurtherRoots(w *examine.Why) {
	shown := map[string]bool{}
	for _, chain := range w.Chains {
		shown[chain[0].Node] = true
	}
	further := w.RootCount - len(shown)
	if w.Misses > 0 || further <= 0 {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(w.Roots), func(root string) bool { return shown[root] })
	c.list(plural(further, "further root reaches it:", "further roots reach it:"), rest, true)
	if more := further - len(rest); more > 0 {
		c.line(dim, "  and %s more (-n lists more)", humanCount(more))
	}
}

func verdict(w *examine.Why) string {
	switch {
	case w.Kept:
		return "is kept."
	case w.Exists && w.Withheld != "":
		return "may be kept by a lost record: no root that could be read reaches it."
	case w.Exists:
		return "would be removed: no root reaches it."
	case w.Misses == 0 && len(w.Chains) > 0:
		return "does not exist, but a root reaches it: a dangling reference."
	}
	return "does not exist: only references without effect name it."
}

func (c *console) printChains(w *examine.Why) {
	if len(w.Chains) == 0 {
		c.blank()
		c.line("", "No kept object almost keeps it.")
		return
	}
	title := plural(int(w.ChainCount), "shortest chain from a root:", "shortest chains from roots:")
	if w.Misses > 0 {
		title = "Chains that almost keep it (✗ marks the break):"
	}
	c.blank()
	c.line("", "%s", title)
	for i, chain := range w.Chains {
		if i > 0 {
			c.blank()
		}
		c.printChain(chain)
	}
	if more := w.ChainCount - uint64(len(w.Chains)); more > 0 {
		c.line(dim, "  and %s more (-n lists more)", humanCount(int(more)))
	}
}

// printChain prints one step per line, with its reason in the second column.
func (c *console) printChain(chain examine.Chain) {
	t := newTable("", "")
	t.bare = true
	for i, step := range chain {
		mark := "  "
		switch {
		case step.Missed:
			mark = "✗ "
		case i > 0:
			mark = "→ "
		}
		node := step.Node
		if !step.Exists {
			node += " (does not exist)"
		}
		if step.Flat {
			node += " (flat)"
		}
		reason := cell{joinReasons(step.Reasons), dim}
		if step.Missed {
			reason.style = red
		}
		t.add(mark+node, reason)
	}
	c.print(t, "  ")
}

func joinReasons(reasons []examine.Reason) string {
	var texts []string
	for _, r := range reasons {
		texts = append(texts, r.Text)
	}
	return strings.Join(texts, "; ")
}

func (c *console) printReferences(title string, refs []examine.Reference) {
	if len(refs) == 0 {
		return
	}
	c.blank()
	c.line("", "%s", title)
	t := newTable("", "")
	t.bare = true
	for _, r := range refs {
		from := r.From
		if !r.FromExists {
			from += " (does not exist)"
		}
		t.add(from, cell{r.Reason.Text, dim})
	}
	c.print(t, "  ")
}

package main

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// line prints one line.
func (c *console) line(s style, format string, args ...any) {
	c.out.WriteString(c.styled(s, fmt.Sprintf(format, args...)))
	c.out.WriteByte('\n')
}

// list prints names below a title: nothing if there are none, and only the first ones unless all are wanted.
func (c *console) list(title string, names []string, all bool) {
	if len(names) == 0 {
		return
	}
	shown := len(names)
	if !all && shown > listedMax {
		shown = listedMax
	}
	c.line("", "")
	c.line("", "%s", title)
	for _, name := range names[:shown] {
		c.line("", "  %s", name)
	}
	if more := len(names) - shown; more > 0 {
		c.line(dim, "  and %s more (-v lists all)", humanCount(more))
	}
}

// printBasis says what an answer rests on, as far as that is not what the user said.
func (c *console) printBasis(b *examine.Basis) {
	c.line("", "")
	switch known := len(metadata.VersionsOf(b.Schema)) > 0; {
	case b.Assumed && known:
		c.line(dim, "Assumed: containerd %s, the newest that writes schema %d.", b.Containerd, b.Schema)
	case b.Assumed:
		c.line(dim, "Assumed: containerd %s; no version that is known here writes schema %d.", b.Containerd, b.Schema)
	}
	if b.MigratedTo != 0 {
		c.line(dim, "The database has schema %d; containerd %s migrates it to %d before it collects.", b.Schema, b.Containerd, b.MigratedTo)
	}
	for _, note := range b.Notes {
		c.line(yellow, "Note: %s.", note)
	}
}

// printUnsized says that sizes are missing.
func (c *console) printUnsized(snapshots int) {
	if snapshots > 0 {
		c.line(dim, "Not counted: %s of unknown size. A database has no sizes of snapshots; --usage FILE supplies them.",
			plural(snapshots, "snapshot", "snapshots"))
	}
}

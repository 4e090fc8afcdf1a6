package browse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A row is one line of the tree: a part of the accounting, or an object in it.
type row struct {
	title string
	note  string
	bytes int64
	known bool // bytes is complete; otherwise it lacks snapshots of unknown size
	count int  // of objects, 0 for an object

	shared int64 // bytes that a holder keeps together with others

	// node is the object whose chain is shown, "" for none. mark is the name that a deletion takes, "" if no user can
	// delete the row.
	node string
	mark string

	depth    int
	open     bool
	children []row
}

// An order is a way to sort the parts.
type order int

const (
	bySize order = iota
	byShared
	byObjects
	byName
	orders
)

func (o order) String() string { return [...]string{"size", "shared", "objects", "name"}[o] }

// rowsOf returns the rows of an accounting: one for each part, with its objects as children.
func rowsOf(contents []examine.Contents, unknown *examine.Part) []row {
	var rows []row
	for _, c := range contents {
		r := row{bytes: c.Bytes, known: c.UnsizedSnapshots == 0, count: c.Objects}
		switch {
		case len(c.Holders) == 1:
			describeHolder(&r, c.Holders[0])
		case c.Many:
			r.title = "shared by more holders than can be listed"
		case c.Unheld:
			r.title, r.note = "held by no readable record", "a lost record may keep it"
		case len(c.Holders) == 0:
			r.title, r.note = "garbage", "the next collection removes it"
		default:
			r.title = "shared by " + sharers(c.Holders)
			for _, h := range c.Holders {
				r.children = append(r.children, row{title: "kept by " + h.Holder, bytes: max(h.RetainedBytes, 0), known: h.UnsizedSnapshots == 0 && h.RetainedBytes >= 0,
					node: h.Holder, mark: "holder/" + h.Holder, depth: 1, note: "retains this much by itself"})
			}
		}
		for i, node := range c.Nodes {
			size := c.Sizes[i]
			r.children = append(r.children, row{title: node, bytes: max(size, 0), known: size >= 0, node: node, mark: deletable(node), depth: 1})
		}
		rows = append(rows, r)
	}
	if unknown != nil && unknown.Objects > 0 {
		rows = append(rows, row{title: "on disk only", note: "the metadata does not know it; see holdfast fsck",
			bytes: unknown.Bytes, known: unknown.UnsizedSnapshots == 0, count: unknown.Objects})
	}
	return rows
}

func describeHolder(r *row, h *examine.Holder) {
	r.title, r.node, r.shared = h.Holder, h.Holder, h.SharedBytes
	if h.Kind != examine.HolderUpload && h.Kind != examine.HolderSandbox {
		r.mark = "holder/" + h.Holder
	}
	var notes []string
	if more := len(h.Nodes) - 1; more > 0 && h.Kind == examine.HolderImage {
		notes = append(notes, fmt.Sprintf("+%d names", more))
	}
	if h.Client != examine.ClientOther {
		notes = append(notes, string(h.Client))
	}
	if h.Ends != nil {
		notes = append(notes, "ends "+h.Ends.Format(time.RFC3339))
	}
	if h.SharedBytes > 0 {
		notes = append(notes, "shares "+humanBytes(h.SharedBytes))
	}
	r.note = strings.Join(notes, ", ")
}

// sharers names the first holders of a set.
func sharers(holders []*examine.Holder) string {
	names := []string{shortName(holders[0].Holder), shortName(holders[1].Holder)}
	if more := len(holders) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, " and ")
}

// shortName leaves the kind and the namespace of an image out.
func shortName(node string) string {
	if rest, ok := strings.CutPrefix(node, "image/"); ok {
		if _, name, ok := strings.Cut(rest, "/"); ok {
			return name
		}
	}
	return node
}

// deletable returns the node if a user can delete it, and "" otherwise.
func deletable(node string) string {
	if strings.HasPrefix(node, "ingest/") || strings.HasPrefix(node, "sandbox/") {
		return ""
	}
	return node
}

// sorted sorts the parts. Objects in a part stay by size.
func sorted(rows []row, by order) {
	slices.SortStableFunc(rows, func(a, b row) int {
		switch by {
		case byShared:
			return cmp.Or(cmp.Compare(b.shared, a.shared), cmp.Compare(b.bytes, a.bytes))
		case byObjects:
			return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(b.bytes, a.bytes))
		case byName:
			return strings.Compare(a.title, b.title)
		}
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(b.count, a.count))
	})
}

// visible returns the rows to draw: parts that match a search, or have an object that does, and the children of open
// parts.
func visible(rows []row, search string) []*row {
	var list []*row
	search = strings.ToLower(search)
	matches := func(r *row) bool {
		return search == "" || strings.Contains(strings.ToLower(r.title), search)
	}
	for i := range rows {
		r := &rows[i]
		var children []*row
		for j := range r.children {
			if child := &r.children[j]; matches(child) {
				children = append(children, child)
			}
		}
		if !matches(r) && len(children) == 0 {
			continue
		}
		list = append(list, r)
		if !r.open {
			continue
		}
		if matches(r) {
			for j := range r.children {
				list = append(list, &r.children[j])
			}
		} else {
			list = append(list, children...)
		}
	}
	return list
}

// humanBytes formats a size in binary units, for example "1.5 MiB".
func humanBytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), -1
	for size >= 1023.95 && unit < 5 {
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTPE"[unit])
}

// sizeText formats the size of a row. A size is marked if it lacks some snapshots, and unknown if it lacks all.
func sizeText(bytes int64, known bool) string {
	switch {
	case known:
		return humanBytes(bytes)
	case bytes == 0:
		return "unknown"
	}
	return humanBytes(bytes) + "+?"
}

package examine

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A NameError says that a name names no node, or more than one.
type NameError struct {
	Name string

	// Ambiguous tells a name that fits several nodes, which are the Candidates, from one that fits none, where they
	// are those with the most similar names.
	Ambiguous  bool
	Candidates []string // nodes, at most candidatesMax
	Count      int      // of nodes that fit an ambiguous name

	// Err says what is wrong with the form of a name that nothing fits; nil if that is right.
	Err error
}

const candidatesMax = 8

// Error says what is wrong in one line, and lists the candidates on lines of their own.
func (e *NameError) Error() string {
	var b strings.Builder
	switch {
	case e.Ambiguous:
		fmt.Fprintf(&b, "node %q: fits %d nodes", e.Name, e.Count)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		fmt.Fprintf(&b, "node %q: not in the database", e.Name)
	}
	if len(e.Candidates) > 0 && !e.Ambiguous {
		b.WriteString("; did you mean")
	}
	for _, c := range e.Candidates {
		b.WriteString("\n  " + nameText(c))
	}
	if more := e.Count - len(e.Candidates); e.Ambiguous && more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// A directory is what names are looked up in.
type directory struct {
	known  func(gc.Node) bool // whether a full name is good
	stored iter.Seq[gc.Node]  // the objects that part of a name may stand for
}

// find returns the node that a name names: in full, or by a part that only one object has. The parts are, in the order in
// which they are tried: the key, or what follows some "/" in the name; and the beginning of a digest, with or without
// what is before it. Other names are not taken by their beginning: app:1 is not app:10. The error is a *NameError.
func (d directory) find(name string) (gc.Node, error) {
	node, formErr := metadata.ParseNode(name)
	if formErr == nil && d.known(node) {
		return node, nil
	}
	for _, fits := range abbreviations {
		if name == "" {
			break
		}
		switch found := d.fitting(name, fits); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			if n, ok := ownContainer(found); ok {
				return n, nil
			}
			return gc.Node{}, ambiguous(name, found)
		}
	}
	if strings.Count(name, "/") < 2 {
		formErr = nil // it was meant as a part
	}
	return gc.Node{}, &NameError{Name: name, Err: formErr, Candidates: d.near(name)}
}

// digestPartMin is the least number of characters of a hash that stand for it.
const digestPartMin = 4

// abbreviations are the ways in which part of a name fits a whole, the strictest first.
var abbreviations = []func(part, full, key string) bool{
	func(part, full, key string) bool { return key == part || strings.HasSuffix(full, "/"+part) },
	func(part, full, _ string) bool {
		last := strings.LastIndexByte(full, '/') + 1
		algorithm, hex, _ := strings.Cut(full[last:], ":")
		begun := strings.LastIndexByte(part, '/') + 1
		if digest.Digest(full[last:]).Validate() != nil || !strings.HasSuffix("/"+full[:last], "/"+part[:begun]) {
			return false
		}
		part = strings.TrimPrefix(part[begun:], algorithm+":")
		return len(part) >= digestPartMin && strings.HasPrefix(hex, part)
	},
	func(part, full, key string) bool {
		return len(part) >= containerPartMin && strings.HasPrefix(full, "container/") && strings.HasPrefix(key, part)
	},
}

// containerPartMin is the least number of characters of a container's ID that stand for it.
const containerPartMin = 4

// ownContainer returns the container among found if the others are its snapshots: clients give both the same name.
func ownContainer(found []gc.Node) (container gc.Node, ok bool) {
	i := slices.IndexFunc(found, func(n gc.Node) bool { return n.Type == metadata.ResourceContainer })
	if i < 0 {
		return gc.Node{}, false
	}
	container = found[i]
	for _, n := range found {
		own := n.Type == metadata.ResourceSnapshot && n.Namespace == container.Namespace && strings.HasSuffix(n.Key, "/"+container.Key)
		if n != container && !own {
			return gc.Node{}, false
		}
	}
	return container, true
}

// fitting returns the objects that a part of a name fits.
func (d directory) fitting(part string, fits func(part, full, key string) bool) []gc.Node {
	var found []gc.Node
	for n := range d.stored {
		if fits(part, metadata.NodeName(n), n.Key) {
			found = append(found, n)
		}
	}
	return found
}

func ambiguous(name string, found []gc.Node) error {
	var names []string
	for _, n := range found {
		names = append(names, metadata.NodeName(n))
	}
	slices.Sort(names)
	return &NameError{Name: name, Ambiguous: true, Count: len(names), Candidates: names[:min(len(names), candidatesMax)]}
}

// find returns a node of a graph. One that does not exist but is referred to is found by its full name, unless it must be
// stored.
func find(g *gc.Graph, name string, stored bool) (gc.ID, error) {
	n, err := directory{
		known: func(n gc.Node) bool {
			id, ok := g.Lookup(n)
			return ok && (g.Exists(id) || !stored)
		},
		stored: func(yield func(gc.Node) bool) {
			for id := range gc.ID(g.Len()) {
				if g.Exists(id) && !yield(g.Node(id)) {
					return
				}
			}
		},
	}.find(name)
	if err != nil {
		return 0, err
	}
	id, _ := g.Lookup(n)
	return id, nil
}

// find is the function find for a name that a snapshotter may have given, too.
func (d *Database) find(g *gc.Graph, name string, stored bool) (gc.ID, error) {
	if n, err := metadata.ParseNode(name); err == nil {
		if id, ok := g.Lookup(n); ok && (g.Exists(id) || !stored) {
			return id, nil
		}
	}
	if n, ok := d.snapshotNode(name); ok {
		if id, ok := g.Lookup(n); ok {
			return id, nil
		}
	}
	return find(g, name, stored)
}

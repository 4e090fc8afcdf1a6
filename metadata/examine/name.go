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

// A NameError is returned for a name that matches no node, or more than one.
type NameError struct {
	Name string // as given

	// Ambiguous says that the name matches several nodes. Candidates are these nodes; otherwise they are the nodes with
	// the most similar names. They are sorted: ambiguous names alphabetically, similar names by similarity.
	Ambiguous  bool
	Candidates []string // at most 8
	Count      int      // number of matching nodes; 0 unless Ambiguous

	// Err is the syntax error in a name that matches no node; nil if the syntax is correct.
	Err error
}

const candidatesMax = 8

// Error describes the error in one line, and lists the candidates on lines of their own.
func (e *NameError) Error() string {
	var b strings.Builder
	switch {
	case e.Ambiguous:
		fmt.Fprintf(&b, "node %q: matches %d nodes", e.Name, e.Count)
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

// A directory resolves names.
type directory struct {
	known  func(gc.Node) bool // accepts a full name
	stored iter.Seq[gc.Node]  // candidates for a part of a name
}

// find returns the node with a name. The name is the full name, or a part that matches a single object. In this order,
// a part may be:
//
//   - the key, or the end of the name after some "/", for example alpine:3.20 for
//     image/default/docker.io/library/alpine:3.20;
//   - the beginning of a digest, with or without the names before it, for example 9f86d0 or
//     content/default/sha256:9f86d0.
//
// Other names cannot be abbreviated at the end, because app:1 is not app:10. The error is a [*NameError].
func (d directory) find(name string) (gc.Node, error) {
	node, formErr := metadata.ParseNode(name)
	if formErr == nil && d.known(node) {
		return node, nil
	}
	for _, matches := range abbreviations {
		if name == "" {
			break
		}
		switch found := d.matching(name, matches); len(found) {
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
		formErr = nil // the name was meant as a part
	}
	return gc.Node{}, &NameError{Name: name, Err: formErr, Candidates: d.near(name)}
}

// digestPartMin is the minimum number of characters in an abbreviated hash.
const digestPartMin = 4

// abbreviations are tests of whether a part matches a full name, the strictest first.
var abbreviations = []func(part, full, key string) bool{
	func(part, full, key string) bool { return key == part || strings.HasSuffix(full, "/"+part) },
	func(part, full, _ string) bool {
		last := strings.LastIndexByte(full, '/') + 1
		algorithm, hex, _ := strings.Cut(full[last:], ":")
		start := strings.LastIndexByte(part, '/') + 1
		if digest.Digest(full[last:]).Validate() != nil || !strings.HasSuffix("/"+full[:last], "/"+part[:start]) {
			return false
		}
		part = strings.TrimPrefix(part[start:], algorithm+":")
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

// matching returns the objects with names that a part matches.
func (d directory) matching(part string, matches func(part, full, key string) bool) []gc.Node {
	var found []gc.Node
	for n := range d.stored {
		if matches(part, metadata.NodeName(n), n.Key) {
			found = append(found, n)
		}
	}
	return found
}

// ambiguous returns the error for a name that matches several objects.
func ambiguous(name string, found []gc.Node) error {
	var names []string
	for _, n := range found {
		names = append(names, metadata.NodeName(n))
	}
	slices.Sort(names)
	return &NameError{Name: name, Ambiguous: true, Count: len(names), Candidates: names[:min(len(names), candidatesMax)]}
}

// find returns a node of a graph. A node that does not exist but is referred to can be found by its full name, unless
// stored is true.
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

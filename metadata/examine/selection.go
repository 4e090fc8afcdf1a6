package examine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// The prefixes of names that stand for several objects.
const (
	holderPrefix    = "holder/"    // holder/NODE: all objects of the holder that NODE belongs to
	namespacePrefix = "namespace/" // namespace/NAME: everything in the namespace that a user can delete
)

// selection returns the objects that names stand for, each once. A name is one of
//
//	NODE              a node, or a part of its name that only one object has
//	holder/NODE       the holder that NODE belongs to: all names of an image, a container with its snapshot
//	namespace/NAME    everything in a namespace that a user can delete
//	PATTERN           a name with "*" (any characters, "/" too) or "?" (one character), for example lease/moby/*
//
// The error is a *NameError, or says which object cannot be deleted.
func (d *Database) selection(g *gc.Graph, names []string) ([]gc.ID, error) {
	var ids []gc.ID
	seen := map[gc.ID]bool{}
	for _, name := range names {
		selected, err := d.selectOne(g, name)
		if err != nil {
			return nil, err
		}
		for _, id := range selected {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

func (d *Database) selectOne(g *gc.Graph, name string) ([]gc.ID, error) {
	if node, ok := strings.CutPrefix(name, holderPrefix); ok {
		return d.selectHolder(g, node)
	}
	if namespace, ok := strings.CutPrefix(name, namespacePrefix); ok {
		ids := selectAll(g, func(n gc.Node) bool { return n.Namespace == namespace })
		if len(ids) == 0 {
			return nil, fmt.Errorf("%s: the namespace has nothing that a user can delete, or does not exist; it is one of %s",
				name, strings.Join(namespacesOf(g), ", "))
		}
		return ids, nil
	}
	if strings.ContainsAny(name, "*?") {
		// Names may contain these characters, too.
		if id, err := d.find(g, name, true); err == nil {
			return checkDeletable(g, id)
		}
		ids := selectAll(g, func(n gc.Node) bool { return matches(name, metadata.NodeName(n)) })
		if len(ids) == 0 {
			return nil, fmt.Errorf("%s: the pattern matches no %s", name, kindNames(deletable))
		}
		return ids, nil
	}
	id, err := d.find(g, name, true)
	if err != nil {
		return nil, err
	}
	return checkDeletable(g, id)
}

func checkDeletable(g *gc.Graph, id gc.ID) ([]gc.ID, error) {
	n := g.Node(id)
	if !slices.Contains(deletable, n.Type) {
		return nil, fmt.Errorf("%s: no user can delete an object of kind %s, only %s", metadata.NodeName(n), metadata.KindName(n.Type), kindNames(deletable))
	}
	return []gc.ID{id}, nil
}

// selectHolder returns the objects of the holder that a node belongs to.
func (d *Database) selectHolder(g *gc.Graph, name string) ([]gc.ID, error) {
	id, err := d.find(g, name, true)
	if err != nil {
		return nil, err
	}
	for _, h := range d.holders(g, false) {
		if !slices.Contains(h.members, id) {
			continue
		}
		for _, member := range h.members {
			if _, err := checkDeletable(g, member); err != nil {
				return nil, err
			}
		}
		return h.members, nil
	}
	return nil, fmt.Errorf("%s: it belongs to no holder, because it is not a root; name it without %q", metadata.NodeName(g.Node(id)), holderPrefix)
}

// selectAll returns the existing objects that a user can delete and that fit.
func selectAll(g *gc.Graph, fits func(gc.Node) bool) (ids []gc.ID) {
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); g.Exists(id) && slices.Contains(deletable, n.Type) && fits(n) {
			ids = append(ids, id)
		}
	}
	g.Sort(ids)
	return ids
}

func namespacesOf(g *gc.Graph) (names []string) {
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); g.Exists(id) && !slices.Contains(names, n.Namespace) {
			names = append(names, n.Namespace)
		}
	}
	slices.Sort(names)
	return names
}

// matches reports whether text fits a pattern in which "*" stands for any characters and "?" for one. It takes time
// proportional to the product of both lengths at most.
func matches(pattern, text string) bool {
	// star and mark are the places after the last "*" and of the text that it has not swallowed yet.
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			star, mark = p, t
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

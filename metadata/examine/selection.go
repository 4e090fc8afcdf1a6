package examine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Prefixes of names that select several objects.
const (
	holderPrefix    = "holder/"    // holder/NODE: all objects of the holder of NODE
	namespacePrefix = "namespace/" // namespace/NAME: all objects of the namespace that a user can delete
)

// selection returns the objects that names select, each once. A name is one of
//
//	NODE              a node, or a unique part of its name
//	holder/NODE       the holder of NODE: all names of an image, a container with its snapshot
//	namespace/NAME    all objects of a namespace that a user can delete
//	PATTERN           a name with "*" (any characters, "/" too) or "?" (one character), for example lease/moby/*
//
// The error is a [*NameError] for a name that does not match, and another error for an object that cannot be deleted.
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

// selectOne returns the objects that one name selects.
func (d *Database) selectOne(g *gc.Graph, name string) ([]gc.ID, error) {
	if node, ok := strings.CutPrefix(name, holderPrefix); ok {
		return d.selectHolder(g, node)
	}
	if namespace, ok := strings.CutPrefix(name, namespacePrefix); ok {
		ids := selectAll(g, func(n gc.Node) bool { return n.Namespace == namespace })
		if len(ids) == 0 {
			return nil, fmt.Errorf("%s: the namespace does not exist, or has no objects that a user can delete; the namespaces are %s",
				name, strings.Join(namespacesOf(g), ", "))
		}
		return ids, nil
	}
	if strings.ContainsAny(name, "*?") {
		// Names may contain these characters too.
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

// checkDeletable returns an error for an object that a user cannot delete.
func checkDeletable(g *gc.Graph, id gc.ID) ([]gc.ID, error) {
	n := g.Node(id)
	if !slices.Contains(deletable, n.Type) {
		return nil, fmt.Errorf("%s: a user cannot delete objects of kind %s, only of kinds %s",
			metadata.NodeName(n), metadata.KindName(n.Type), kindNames(deletable))
	}
	return []gc.ID{id}, nil
}

// selectHolder returns the objects of the holder of a node.
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
	return nil, fmt.Errorf("%s: this object belongs to no holder, because it is not a root; name it without %q", metadata.NodeName(g.Node(id)), holderPrefix)
}

// selectAll returns the existing objects that a user can delete and that match.
func selectAll(g *gc.Graph, match func(gc.Node) bool) (ids []gc.ID) {
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); g.Exists(id) && slices.Contains(deletable, n.Type) && match(n) {
			ids = append(ids, id)
		}
	}
	g.Sort(ids)
	return ids
}

// namespacesOf returns the namespaces with existing objects, sorted.
func namespacesOf(g *gc.Graph) (names []string) {
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); g.Exists(id) && !slices.Contains(names, n.Namespace) {
			names = append(names, n.Namespace)
		}
	}
	slices.Sort(names)
	return names
}

// matches reports whether text matches a pattern in which "*" stands for any characters and "?" for one. It takes time
// at most proportional to the product of both lengths.
func matches(pattern, text string) bool {
	// star is the index after the last "*" in pattern, mark the index in text after the characters that it matches.
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

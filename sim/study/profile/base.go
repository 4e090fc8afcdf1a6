package profile

import (
	"fmt"
	"slices"
)

// baseKey is the key of a file that states only the differences from a built-in profile.
const baseKey = "base"

// withBase returns a file with the figures of its base, each replaced by the file's own if it has one. A file without a
// base is returned unchanged.
func withBase(own *node) (*node, error) {
	if own.kind != keyed || !slices.ContainsFunc(own.children, func(n *node) bool { return n.kind == scalar && n.text == baseKey }) {
		return own, nil
	}
	file, err := mapping(own, "file", append([]string{baseKey}, fileKeys()...))
	if err != nil || file.values[baseKey] == nil {
		return own, err // the word is a value
	}
	name, err := file.text(baseKey)
	if err != nil {
		return nil, err
	}
	if _, err := file.get("name"); err != nil {
		return nil, err // two different profiles must not have one name
	}
	text, err := Text(name)
	if err != nil {
		return nil, fields{path: "file", line: file.values[baseKey].line}.errorf("base: %w", err)
	}
	base, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("base %q: %w", name, err)
	}
	merged := &node{kind: keyed, line: own.line, children: slices.Clone(base.children)}
	for _, key := range file.order {
		value := file.values[key]
		if at := slices.IndexFunc(sections, func(s section) bool { return s.name == key }); at >= 0 {
			if _, err := file.mapping(key, sections[at].keys()); err != nil {
				return nil, err // before a key that is there twice can get lost
			}
			if inherited := merged.value(key); inherited != nil {
				figures := &node{kind: keyed, line: value.line, children: slices.Clone(inherited.children)}
				for i := 0; i < len(value.children); i += 2 {
					figures.set(value.children[i], value.children[i+1])
				}
				value = figures
			}
		}
		if key != baseKey {
			merged.set(&node{kind: scalar, line: value.line, text: key}, value)
		}
	}
	return merged, nil
}

// value returns the value of a key of a mapping; nil if it lacks the key.
func (n *node) value(key string) *node {
	for i := 0; i < len(n.children); i += 2 {
		if n.children[i].text == key {
			return n.children[i+1]
		}
	}
	return nil
}

// set replaces the value of a key of a mapping, or adds the key.
func (n *node) set(key, value *node) {
	for i := 0; i < len(n.children); i += 2 {
		if n.children[i].text == key.text {
			n.children[i], n.children[i+1] = key, value
			return
		}
	}
	n.children = append(n.children, key, value)
}

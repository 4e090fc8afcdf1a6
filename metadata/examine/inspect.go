package examine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Tree is what a database holds at and below a path, decoded.
type Tree struct {
	Version int      `json:"version"` // ShapeVersion
	Path    []string `json:"path"`    // empty for the whole database
	Items   []Item   `json:"items"`   // in key order, a bucket before what is in it

	// Payload is what is in the message, if the path leads to a single one that holds JSON, as containerd's own do.
	Payload string `json:"payload,omitempty"`
}

// An Item is one bucket or value. Names in it that are not text are quoted as in Go.
type Item struct {
	Path   []string `json:"path"` // from the root of the database
	Node   string   `json:"node,omitempty"`
	Bucket bool     `json:"bucket,omitempty"`
	Value  *Value   `json:"value,omitempty"` // nil for a bucket
	Means  string   `json:"means,omitempty"`
	Fault  string   `json:"fault,omitempty"` // what is wrong with it; missing values are items too
}

// Inspect returns what db holds at and below a path, as it is found: not migrated. The path is made of the names of
// buckets with "/" between, which may stand in names too: v1/default/images/docker.io/library/alpine:3.20/target. Or it is the
// name of a node, or part of one that only one object has. "" is the whole database. An error that no such thing is there
// may be a *NameError.
func Inspect(db *memkv.DB, path string) (*Tree, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	names, err := locate(frozen, path)
	if err != nil {
		return nil, err
	}
	t := &Tree{Version: ShapeVersion, Path: []string{}, Items: []Item{}}
	for _, name := range names {
		t.Path = append(t.Path, nameText(name))
	}
	for e := range metadata.Entries(frozen, names...) {
		t.Items = append(t.Items, item(&e))
		if len(t.Items) == 1 {
			t.Payload = payload(&e)
		}
	}
	return t, nil
}

// payload returns the JSON in a message, indented; "" if the entry has none.
func payload(e *metadata.Entry) string {
	_, message, ok := e.Message()
	var b bytes.Buffer
	if !ok || json.Indent(&b, message, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// Names returns the names of all objects that db holds, sorted.
func Names(db *memkv.DB) ([]string, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range recordsOf(frozen) {
		names = append(names, r.name())
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func freeze(db *memkv.DB) (frozen memkv.Frozen, err error) {
	err = db.View(func(tx *memkv.Tx) error {
		frozen = tx.Freeze()
		return nil
	})
	return frozen, err
}

func item(e *metadata.Entry) Item {
	i := Item{Path: make([]string, len(e.Path)), Bucket: e.Bucket, Means: e.Means}
	for j, name := range e.Path {
		i.Path[j] = nameText(name)
	}
	if e.Node.Type != 0 {
		i.Node = metadata.NodeName(e.Node)
	}
	err := e.Err
	if e.Value != nil {
		v, undecodable := valueOf(e)
		i.Value = &v
		if err == nil {
			err = undecodable
		}
	}
	if err != nil {
		i.Fault = err.Error()
	}
	return i
}

// locate finds the bucket or value that a path means.
func locate(db memkv.Frozen, path string) ([]string, error) {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil, nil
	}
	names, deepest := follow(db, nil, path)
	if names != nil {
		return names, nil
	}
	records := map[gc.Node][]string{}
	var nodes []gc.Node
	for _, r := range recordsOf(db) {
		nodes = append(nodes, r.node)
		records[r.node] = r.path
	}
	n, err := directory{
		known:  func(n gc.Node) bool { return records[n] != nil },
		stored: slices.Values(nodes),
	}.find(path)
	if err == nil {
		return records[n], nil
	}
	if len(deepest) > 0 {
		return nil, missing(db, deepest, path)
	}
	return nil, err
}

// follow splits a path into the names that lead along it. If nothing lies there, it returns nil, and as far as it got.
func follow(db memkv.Frozen, at []string, path string) (names, deepest []string) {
	deepest = at
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		next := append(at[:len(at):len(at)], path[:i])
		inner, isBucket := db.Bucket(path[:i])
		switch {
		case i == len(path) && (isBucket || db.Get(path) != nil):
			return next, next
		case i < len(path) && isBucket:
			found, deep := follow(inner, next, path[i+1:])
			if found != nil {
				return found, found
			}
			if len(deep) > len(deepest) {
				deepest = deep
			}
		}
	}
	return nil, deepest
}

// missing says where a path ends, and what there is instead.
func missing(db memkv.Frozen, deepest []string, path string) error {
	const namesMax = 12
	at, _ := db.BucketAt(deepest...)
	var names []string
	for name := range at.All() {
		if len(names) == namesMax {
			names = append(names, fmt.Sprintf("and %d more", at.Len()-namesMax))
			break
		}
		names = append(names, nameText(name))
	}
	there := strings.Join(deepest, "/")
	if len(names) == 0 {
		return fmt.Errorf("path %q: %s is empty", path, there)
	}
	return fmt.Errorf("path %q: not in %s, which has: %s", path, there, strings.Join(names, ", "))
}

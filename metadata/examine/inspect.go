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
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A Tree is the decoded content of a database, at and below a path.
type Tree struct {
	Version int      `json:"version"` // ShapeVersion
	Path    []string `json:"path"`    // empty for the whole database
	Items   []Item   `json:"items"`   // in key order, a bucket before its content

	// Payload is indented JSON: the content of the message at Path. It is empty unless Path leads to a single message
	// with JSON, such as the spec of a container.
	Payload string `json:"payload,omitempty"`
}

// An Item is one bucket or value. Names that are not text are quoted as in Go.
type Item struct {
	Path   []string `json:"path"`           // from the root of the database
	Node   string   `json:"node,omitempty"` // the object to which it belongs
	Bucket bool     `json:"bucket,omitempty"`
	Value  *Value   `json:"value,omitempty"` // nil for a bucket
	Means  string   `json:"means,omitempty"` // the purpose of the key
	Fault  string   `json:"fault,omitempty"` // the fault of the entry; a missing value is an item with a fault
}

// Inspect returns the content of db at and below a path. It does not migrate the database. The path is one of:
//
//   - names of buckets separated by "/", for example v1/default/images/docker.io/library/alpine:3.20/target.
//     Names may contain "/" themselves;
//   - the name of a node, or a unique part of it, for example alpine:3.20;
//   - "" for the whole database.
//
// The error for a path that does not exist may be a [*NameError].
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
	for e := range schema.Entries(frozen, names...) {
		t.Items = append(t.Items, item(&e))
		if len(t.Items) == 1 {
			t.Payload = payload(&e)
		}
	}
	return t, nil
}

// payload returns the JSON in a message, indented. It returns "" if the entry has no JSON.
func payload(e *schema.Entry) string {
	_, message, ok := e.Message()
	var b bytes.Buffer
	if !ok || json.Indent(&b, message, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// Names returns the names of all objects in db, sorted, with the caller as the owner.
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

// freeze returns a snapshot of a database.
func freeze(db *memkv.DB) (frozen memkv.Frozen, err error) {
	err = db.View(func(tx *memkv.Tx) error {
		frozen = tx.Freeze()
		return nil
	})
	return frozen, err
}

// item decodes an entry.
func item(e *schema.Entry) Item {
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

// locate returns the names that lead to the bucket or value of a path.
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

// follow splits a path into names that exist. If the path does not exist, names is nil, and deepest is the longest
// prefix that exists.
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

// missing returns the error for a path that does not exist. It lists the entries of the deepest bucket on the path.
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
	return fmt.Errorf("path %q: not found in %s, which contains: %s", path, there, strings.Join(names, ", "))
}

package examine

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Diff is what differs between two databases, an old and a new one.
type Diff struct {
	Version int           `json:"version"` // ShapeVersion
	Added   []string      `json:"added"`   // nodes that only the new one has, sorted
	Removed []string      `json:"removed"` // nodes that only the old one has, sorted
	Changed []Change      `json:"changed"` // nodes that both have, with different fields; sorted
	Outside []FieldChange `json:"outside"` // what is in no object, such as labels of namespaces, by path
}

// A Change is what is different about an object.
type Change struct {
	Node   string        `json:"node"`
	Fields []FieldChange `json:"fields"` // sorted
}

// A FieldChange is one value or bucket of which the two sides differ. Values are decoded, "(bucket)" stands for a bucket
// with nothing in it, and nil for nothing.
type FieldChange struct {
	Field string  `json:"field"` // the path to it, with "/" between names
	From  *string `json:"from"`
	To    *string `json:"to"`
}

// Empty reports whether nothing differs.
func (d *Diff) Empty() bool {
	return len(d.Added) == 0 && len(d.Removed) == 0 && len(d.Changed) == 0 && len(d.Outside) == 0
}

// Compare returns what differs between two databases as they are found.
func Compare(older, newer *memkv.DB) (*Diff, error) {
	a, err := holdingsOf(older)
	if err != nil {
		return nil, err
	}
	b, err := holdingsOf(newer)
	if err != nil {
		return nil, err
	}
	d := &Diff{Version: ShapeVersion, Added: []string{}, Removed: []string{}, Changed: []Change{}, Outside: []FieldChange{}}
	for _, node := range union(a.nodes, b.nodes) {
		before, after := a.nodes[node], b.nodes[node]
		switch {
		case before == nil:
			d.Added = append(d.Added, node)
		case after == nil:
			d.Removed = append(d.Removed, node)
		default:
			if f := changes(before, after); len(f) > 0 {
				d.Changed = append(d.Changed, Change{node, f})
			}
		}
	}
	d.Outside = append(d.Outside, changes(a.outside, b.outside)...)
	return d, nil
}

// A stored is a value or a bucket.
type stored struct {
	metadata.Entry
	filled bool // a bucket that is not empty: what is in it speaks for it
}

// fields are values and buckets by their path within something.
type fields map[string]*stored

// holdings are what a database holds.
type holdings struct {
	nodes   map[string]fields // by name of the node
	outside fields            // what is in no object
}

func holdingsOf(db *memkv.DB) (*holdings, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	h := &holdings{nodes: map[string]fields{}, outside: fields{}}
	last := &stored{}
	for e := range metadata.Entries(frozen) {
		if e.Err == metadata.ErrMissing {
			continue
		}
		last.filled = len(e.Path) > len(last.Path)
		last = &stored{Entry: e}
		if e.Node == (gc.Node{}) {
			h.outside[pathText(e.Path)] = last
			continue
		}
		node := metadata.NodeName(e.Node)
		if h.nodes[node] == nil {
			h.nodes[node] = fields{}
		}
		h.nodes[node][e.Field] = last
	}
	return h, nil
}

// changes returns what differs between two sets of fields, sorted.
func changes(a, b fields) []FieldChange {
	var list []FieldChange
	for _, name := range union(a, b) {
		before, after := a[name], b[name]
		if before != nil && after != nil && before.Bucket == after.Bucket && bytes.Equal(before.Value, after.Value) {
			continue
		}
		c := FieldChange{name, before.text(), after.text()}
		switch {
		case c.From == nil && c.To == nil:
			continue
		case c.From != nil && c.To != nil && *c.From == *c.To: // messages of the same type and size
			*c.From += ", " + digest.FromBytes(before.Value).String()
			*c.To += ", " + digest.FromBytes(after.Value).String()
		}
		list = append(list, c)
	}
	return list
}

// text returns what is stored as a person would write it; nil if that is nothing, or a bucket that is not empty.
func (s *stored) text() *string {
	if s == nil || s.filled {
		return nil
	}
	text := "(bucket)"
	if !s.Bucket {
		v, _ := valueOf(&s.Entry)
		if text = v.Text; v.Hex != "" {
			text = "0x" + v.Hex
		}
	}
	return &text
}

// union returns the keys of either map, sorted.
func union[K cmp.Ordered, V any](a, b map[K]V) []K {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// pathText joins the names of a path.
func pathText(path []string) string {
	names := make([]string, len(path))
	for i, name := range path {
		names[i] = nameText(name)
	}
	return strings.Join(names, "/")
}

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
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A Diff is the difference between two databases, an older and a newer one.
type Diff struct {
	Version int           `json:"version"` // ShapeVersion
	Added   []string      `json:"added"`   // nodes that only the newer database has, sorted
	Removed []string      `json:"removed"` // nodes that only the older database has, sorted
	Changed []Change      `json:"changed"` // nodes in both databases with different fields, sorted
	Outside []FieldChange `json:"outside"` // fields that belong to no object, such as labels of namespaces; sorted by path

	// LostOlder and LostNewer are the parts of damaged files that could not be read. Objects in them only seem to be
	// added or removed. The caller of [Compare] sets them.
	LostOlder []LostPart `json:"lostOlder,omitempty"`
	LostNewer []LostPart `json:"lostNewer,omitempty"`
}

// A Change is an object with different fields.
type Change struct {
	Node   string        `json:"node"`
	Fields []FieldChange `json:"fields"` // sorted
}

// A FieldChange is one value or bucket that differs. From and To are the decoded values, "(bucket)" for an empty
// bucket, and nil if the field does not exist.
type FieldChange struct {
	Field string  `json:"field"` // the path within the object or the database, with "/" between names
	From  *string `json:"from"`
	To    *string `json:"to"`
}

// Empty reports whether the databases are equal.
func (d *Diff) Empty() bool {
	return len(d.Added) == 0 && len(d.Removed) == 0 && len(d.Changed) == 0 && len(d.Outside) == 0
}

// Compare returns the difference between two databases. It migrates neither. An error means that a database is closed.
func Compare(older, newer *memkv.DB) (*Diff, error) {
	a, err := contentsOf(older)
	if err != nil {
		return nil, err
	}
	b, err := contentsOf(newer)
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

// A storedField is a value or a bucket.
type storedField struct {
	schema.Entry
	filled bool // a bucket with content, which is compared instead of the bucket
}

// fields are values and buckets by their path within an object or a database.
type fields map[string]*storedField

// contents are the fields of a database.
type contents struct {
	nodes   map[string]fields // by the name of the node
	outside fields            // fields that belong to no object
}

func contentsOf(db *memkv.DB) (*contents, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	h := &contents{nodes: map[string]fields{}, outside: fields{}}
	last := &storedField{}
	for e := range schema.Entries(frozen) {
		if e.Err == schema.ErrMissing {
			continue
		}
		last.filled = len(e.Path) > len(last.Path)
		last = &storedField{Entry: e}
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

// changes returns the differences between two sets of fields, sorted.
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
		case c.From != nil && c.To != nil && *c.From == *c.To: // messages of the same type and size have the same text
			*c.From += ", " + digest.FromBytes(before.Value).String()
			*c.To += ", " + digest.FromBytes(after.Value).String()
		}
		list = append(list, c)
	}
	return list
}

// text returns the decoded value for a person to read. It returns nil if there is no field, or for a bucket with
// content.
func (s *storedField) text() *string {
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

// union returns the keys of both maps, sorted.
func union[K cmp.Ordered, V any](a, b map[K]V) []K {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// pathText joins the names of a path for a person to read.
func pathText(path []string) string {
	names := make([]string, len(path))
	for i, name := range path {
		names[i] = nameText(name)
	}
	return strings.Join(names, "/")
}

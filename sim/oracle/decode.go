package oracle

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// places are where the objects of each kind stand in a namespace's bucket; those of snapshots stand
// one level deeper.
var places = [kinds][]string{
	content: {"content", "blob"}, snapshot: {"snapshots"}, image: {"images"}, container: {"containers"},
	lease: {"leases"}, ingest: {"content", "ingests"}, sandbox: {"sandboxes"},
}

// root returns what is committed, as the bucket of all namespaces.
func (o *Oracle) root() (all memkv.Frozen) {
	_ = o.node.KV().View(func(tx *memkv.Tx) error {
		all, _ = tx.Freeze().Bucket("v1")
		return nil
	})
	return all
}

func splitSnapshot(name string) (snapshotter, rest string) {
	snapshotter, rest, _ = strings.Cut(name, "/")
	return snapshotter, rest
}

// find returns the record of an object.
func find(all memkv.Frozen, ns string, k key) (memkv.Frozen, bool) {
	b, ok := all.Bucket(ns)
	if !ok {
		return b, false
	}
	name := k.name
	for _, step := range places[k.kind] {
		if b, ok = b.Bucket(step); !ok {
			return b, false
		}
	}
	if k.kind == snapshot {
		var snapshotter string
		snapshotter, name = splitSnapshot(k.name)
		if b, ok = b.Bucket(snapshotter); !ok {
			return b, false
		}
	}
	return b.Bucket(name)
}

// each calls fn with every object of a namespace.
func each(space memkv.Frozen, fn func(k key, record memkv.Frozen)) {
	for k := range kinds {
		b, ok := space.BucketAt(places[k]...)
		if !ok {
			continue
		}
		for name, e := range b.All() {
			switch {
			case !e.IsBucket():
			case k == snapshot:
				for rest, e := range e.Bucket().All() {
					if e.IsBucket() {
						fn(key{k, name + "/" + rest}, e.Bucket())
					}
				}
			default:
				fn(key{k, name}, e.Bucket())
			}
		}
	}
}

// decode reads a record.
func decode(k key, b memkv.Frozen) *object {
	o := &object{labels: readLabels(b, "labels")}
	switch k.kind {
	case image:
		target, there := b.Bucket("target")
		o.noTarget = !there
		o.target = string(target.Get("digest"))
	case ingest:
		o.expected = string(b.Get("expected"))
		_ = o.expireAt.UnmarshalBinary(b.Get("expireat"))
	case snapshot:
		o.parent = string(b.Get("parent"))
		children, _ := b.Bucket("children")
		for name := range children.All() {
			if o.children == nil {
				o.children = map[string]bool{}
			}
			o.children[name] = true
		}
	case container:
		if snapshotter := string(b.Get("snapshotter")); snapshotter != "" {
			o.on = snapshotter + "/" + string(b.Get("snapshotKey"))
		}
	case lease:
		o.held = holdings(b)
	}
	return o
}

func readLabels(b memkv.Frozen, name string) map[string]string {
	b, ok := b.Bucket(name)
	if !ok || b.Len() == 0 {
		return nil
	}
	all := make(map[string]string, b.Len())
	for k, e := range b.All() {
		all[k] = e.Text()
	}
	return all
}

// holdings returns what a lease's record says that it holds.
func holdings(b memkv.Frozen) map[key]bool {
	held := map[key]bool{}
	for place, kind := range leaseBuckets {
		resources, _ := b.Bucket(place)
		for name, e := range resources.All() {
			if kind != snapshot {
				held[key{kind, name}] = true
				continue
			}
			for rest := range e.Bucket().All() {
				held[key{kind, name + "/" + rest}] = true
			}
		}
	}
	return held
}

var leaseBuckets = map[string]kind{"content": content, "images": image, "ingests": ingest, "snapshots": snapshot}

// same reports whether an object is what its record says, but for what it holds and its children.
func (o *object) matchesFields(k key, b memkv.Frozen) bool {
	if !matchesLabels(o.labels, b) {
		return false
	}
	switch k.kind {
	case image:
		target, _ := b.Bucket("target")
		return o.target == string(target.Get("digest"))
	case ingest:
		var expireAt time.Time
		_ = expireAt.UnmarshalBinary(b.Get("expireat"))
		return o.expected == string(b.Get("expected")) && o.expireAt.Equal(expireAt)
	case snapshot:
		return o.parent == string(b.Get("parent"))
	case container:
		on := string(b.Get("snapshotter"))
		if on != "" {
			on += "/" + string(b.Get("snapshotKey"))
		}
		return o.on == on
	}
	return true
}

// matchesLabels reports whether a record has those labels.
func matchesLabels(labels map[string]string, b memkv.Frozen) bool {
	b, _ = b.Bucket("labels")
	n := 0
	for i := b.Iterator(); i.Next(); n++ {
		if v, ok := labels[i.Key()]; !ok || v != i.Entry().Text() {
			return false
		}
	}
	return n == len(labels)
}

// is reports whether an object is what its record says.
func (o *object) matches(k key, b memkv.Frozen) bool {
	if !o.matchesFields(k, b) {
		return false
	}
	switch k.kind {
	case lease:
		return maps.Equal(o.held, holdings(b))
	case snapshot:
		children, _ := b.Bucket("children")
		n := 0
		for i := children.Iterator(); i.Next(); n++ {
			if !o.children[i.Key()] {
				return false
			}
		}
		return n == len(o.children)
	}
	return true
}

// equal reports whether two objects are the same as far as their records go.
func (o *object) equal(other *object) bool {
	return maps.Equal(o.labels, other.labels) && o.target == other.target && o.expected == other.expected &&
		o.parent == other.parent && o.on == other.on && o.expireAt.Equal(other.expireAt) &&
		maps.Equal(o.held, other.held) && maps.Equal(o.children, other.children)
}

// holds reports whether the record of a lease names a resource.
func holds(b memkv.Frozen, held key) bool {
	path, name := []string{held.kind.leaseBucket()}, held.name
	if held.kind == snapshot {
		var snapshotter string
		snapshotter, name = splitSnapshot(name)
		path = append(path, snapshotter)
	}
	b, ok := b.BucketAt(path...)
	return ok && present(b, name)
}

// place returns where a lease's record has what it holds of a kind.
func (k kind) leaseBucket() string {
	switch k {
	case content:
		return "content"
	case ingest:
		return "ingests"
	case snapshot:
		return "snapshots"
	}
	return "images"
}

// present reports whether a bucket has a key, which is told from an empty value.
func present(b memkv.Frozen, name string) bool { return b.Get(name) != nil }

// rebuild makes a model anew from what is stored.
func (o *Oracle) rebuild() *model {
	m := newModel(o.rules)
	for ns, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		s := m.space(ns)
		each(e.Bucket(), func(k key, b memkv.Frozen) {
			made := decode(k, b)
			if k.kind == snapshot {
				made.form = o.formOf(k, b)
			}
			if old := o.space(ns).get(k); old != nil {
				made.backendUnknown = old.backendUnknown
			}
			s.set(k, made)
		})
	}
	return m
}

// formOf asks the backend what kind of snapshot it is.
func (o *Oracle) formOf(k key, b memkv.Frozen) byte {
	snapshotter, _ := splitSnapshot(k.name)
	info, err := o.node.SnapshotterBackend(snapshotter).Stat(context.Background(), string(b.Get("name")))
	switch {
	case err != nil:
		return 0
	case info.Kind == snapshots.KindCommitted:
		return 'c'
	case info.Kind == snapshots.KindView:
		return 'v'
	}
	return 'a'
}

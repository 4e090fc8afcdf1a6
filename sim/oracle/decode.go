package oracle

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// places are the buckets of the records of each kind, below the namespace's bucket. Records of snapshots are one level
// deeper, below the snapshotter's bucket.
var places = [kinds][]string{
	content: {"content", "blob"}, snapshot: {"snapshots"}, image: {"images"}, container: {"containers"},
	lease: {"leases"}, ingest: {"content", "ingests"}, sandbox: {"sandboxes"},
}

// root returns the committed bucket of all namespaces.
func (o *Oracle) root() (all memkv.Frozen) {
	_ = o.node.KV().View(func(tx *memkv.Tx) error {
		all, _ = tx.Freeze().Bucket("v1")
		return nil
	})
	return all
}

// splitSnapshot splits the name of a snapshot into its snapshotter and its key.
func splitSnapshot(name string) (snapshotter, rest string) {
	snapshotter, rest, _ = strings.Cut(name, "/")
	return snapshotter, rest
}

// find returns the record of an object, and whether it exists.
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

// each calls fn with each record of a namespace.
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

// decode returns the object that a record stores.
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

// readLabels returns the key-value pairs of a bucket, or nil if it is missing or empty.
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

// holdings returns the resources in the record of a lease.
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

// leaseBuckets are the kinds of resources by the name of their bucket in the record of a lease.
var leaseBuckets = map[string]kind{"content": content, "images": image, "ingests": ingest, "snapshots": snapshot}

// matchesFields reports whether an object equals its record, except for the resources of a lease and the children of a
// snapshot.
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

// matchesLabels reports whether a record has exactly these labels.
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

// matches reports whether an object equals its record.
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

// equal reports whether two objects have the same record.
func (o *object) equal(other *object) bool {
	return maps.Equal(o.labels, other.labels) && o.target == other.target && o.expected == other.expected &&
		o.parent == other.parent && o.on == other.on && o.expireAt.Equal(other.expireAt) &&
		maps.Equal(o.held, other.held) && maps.Equal(o.children, other.children)
}

// holds reports whether the record of a lease lists a resource.
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

// leaseBucket returns the name of the bucket for resources of this kind in the record of a lease.
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

// present reports whether a bucket has a key, possibly with an empty value.
func present(b memkv.Frozen, name string) bool { return b.Get(name) != nil }

// rebuild returns a new model of the stored records. It keeps the knowledge about backends from the old model.
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

// reread brings the mirror up to date. It decodes the records that have changed, and drops everything derived from them
// all. The mirror shares no objects with the model, and knows nothing about backends.
func (o *Oracle) reread() {
	if o.mirror == nil {
		o.mirror = newModel(o.rules)
	}
	m := o.mirror
	m.passes++ // marks the names that are stored
	for ns, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		s := m.space(ns)
		each(e.Bucket(), func(k key, b memkv.Frozen) {
			at := s.slot(k)
			if at.object == nil || at.object.checked != b.Identity() {
				s.set(k, decode(k, b))
				at.object.checked = b.Identity()
			}
			at.full = m.passes
		})
	}
	for _, at := range slices.Clone(m.objects) {
		if at.full != m.passes {
			at.space.remove(at.key)
		}
	}
	m.dropDerived()
	m.dropUnusedSlots()
}

// formOf returns the form of a snapshot in the backend, or 0 if the backend does not have it.
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

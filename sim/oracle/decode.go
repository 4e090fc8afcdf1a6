package oracle

import (
	"context"
	"maps"
	"slices"
	"strings"

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

func split(name string) (snapshotter, rest string) {
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
		snapshotter, name = split(k.name)
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
	o := &object{labels: texts(b, "labels")}
	switch k.kind {
	case image:
		target, there := b.Bucket("target")
		o.aimless = !there
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

func texts(b memkv.Frozen, name string) map[string]string {
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
	for place, kind := range heldPlaces {
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

var heldPlaces = map[string]kind{"content": content, "images": image, "ingests": ingest, "snapshots": snapshot}

// same reports whether an object is what its record says, but for what it holds and its children.
func (o *object) same(k key, b memkv.Frozen) bool {
	found := decodeOwn(k, b)
	return maps.Equal(o.labels, found.labels) && o.target == found.target && o.expected == found.expected &&
		o.parent == found.parent && o.on == found.on && o.expireAt.Equal(found.expireAt)
}

// decodeOwn is decode without what can be long.
func decodeOwn(k key, b memkv.Frozen) *object {
	if k.kind == lease {
		return &object{labels: texts(b, "labels")}
	}
	return decode(k, b)
}

// holds reports whether the record of a lease names a resource.
func holds(b memkv.Frozen, held key) bool {
	path, name := []string{held.kind.place()}, held.name
	if held.kind == snapshot {
		var snapshotter string
		snapshotter, name = split(name)
		path = append(path, snapshotter)
	}
	b, ok := b.BucketAt(path...)
	return ok && present(b, name)
}

// place returns where a lease's record has what it holds of a kind.
func (k kind) place() string {
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

// rebuild makes the model anew from what is stored.
func (o *Oracle) rebuild() map[string]*space {
	spaces := map[string]*space{}
	for ns, e := range o.root().All() {
		if !e.IsBucket() {
			continue
		}
		s := newSpace()
		each(e.Bucket(), func(k key, b memkv.Frozen) {
			made := decode(k, b)
			if k.kind == snapshot {
				made.form = o.formOf(k, b)
			}
			s.set(k, made)
		})
		spaces[ns] = s
	}
	return spaces
}

// formOf asks the backend what kind of snapshot it is.
func (o *Oracle) formOf(k key, b memkv.Frozen) byte {
	snapshotter, _ := split(k.name)
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

// drift compares the model with what is stored, all of it.
func (o *Oracle) drift() *Problem {
	found := o.rebuild()
	for _, ns := range slices.Sorted(maps.Keys(found)) {
		for k, f := range found[ns].objects {
			m := o.space(ns).objects[k]
			switch {
			case m == nil:
				return problem(ruleDrift, "%s/%s is there and should not be", ns, k)
			case !maps.Equal(m.labels, f.labels) || m.target != f.target || m.expected != f.expected || m.parent != f.parent ||
				m.on != f.on || !m.expireAt.Equal(f.expireAt) || !maps.Equal(m.held, f.held) || !maps.Equal(m.children, f.children):
				return problem(ruleDrift, "%s/%s is %+v and should be %+v", ns, k, *f, *m)
			}
		}
	}
	for _, ns := range slices.Sorted(maps.Keys(o.spaces)) {
		for k := range o.spaces[ns].objects {
			if found[ns] == nil || found[ns].objects[k] == nil {
				return problem(ruleDrift, "%s/%s is gone and should be there", ns, k)
			}
		}
	}
	return nil
}

package compare

import (
	"context"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// restore initializes a node with the state of its engine. From then on the node accepts every removal by a collection,
// expected or not: labels can express more than the node understands.
func (n *Node) restore(f *nodeState) {
	n.restored = true
	n.everyCollection = f.conditions
	n.objects = f.objects
	for _, name := range f.namespaces {
		n.spaces[name] = namespaces.WithNamespace(context.Background(), name)
	}
	units := make(map[gc.ID]*unit, len(f.bytes))
	for id := range gc.ID(f.graph.Len()) {
		bytes, sized := f.bytes[id]
		if !sized {
			continue
		}
		node := f.graph.Node(id)
		at := stored{node.Namespace, node.Key}
		if node.Type == metadata.ResourceSnapshot {
			n.snapshots[at] = &unit{bytes: bytes}
			units[id] = n.snapshots[at]
			n.ledger.put(units[id])
			continue
		}
		b := n.blobs[digest.Digest(node.Key)]
		if b == nil {
			b = &blob{unit: unit{bytes: bytes}}
			n.blobs[digest.Digest(node.Key)] = b
			n.had[digest.Digest(node.Key)] = true
			n.ledger.put(&b.unit)
		}
		b.records++
		n.stored[at] = &blobRecord{blob: b}
		units[id] = &b.unit
	}
	claim := func(holder string, kind holderKind, ids []gc.ID, expire time.Time) *claim {
		var list []*unit
		for _, id := range ids {
			list = append(list, units[id])
		}
		c := n.ledger.claim(holder, kind, list)
		if !expire.IsZero() {
			n.expires(expire, c)
		}
		return c
	}
	for _, found := range f.images {
		i := &image{Image: found.Image, id: found.id(), size: found.Size(), recordNames: found.names(), created: found.newest, expire: found.expire, records: len(found.records)}
		i.claim = claim("image "+i.Family, byImage, found.holds, i.expire)
		for _, name := range found.records {
			n.recordOf[stored{i.Namespace, name}] = i
		}
		n.images.set(i.id, i)
		n.changed(i)
		n.known[i.Image] = i
	}
	for _, found := range f.containers {
		c := &container{Container: found.Container, image: n.known[found.Image]}
		if c.image == nil { // the image was removed
			c.image = &image{Image: found.Image, id: found.Image.id(), size: found.Image.Size(), recordNames: found.Image.names()}
			n.known[found.Image] = c.image
		}
		c.claim = claim("image "+c.Image.Family, byContainer, found.holds, time.Time{})
		if c.image.users++; c.image.users == 1 {
			n.changed(c.image)
		}
		c.image.lastUsed = n.Now()
		n.ledger.changeKind(c.image.claim, byImageInUse)
		n.containers[c.Container] = c
	}
	for _, found := range f.others {
		claim(found.name, byLease, found.holds, found.expire)
	}
}

// reconcile assigns the objects that survived a collection without a known holder to an unknown one.
func (n *Node) reconcile() {
	var left []*unit
	for _, b := range n.blobs {
		if b.on && len(b.holds) == 0 {
			left = append(left, &b.unit)
		}
	}
	for _, u := range n.snapshots {
		if u.on && len(u.holds) == 0 {
			left = append(left, u)
		}
	}
	n.ledger.claim("other labels of the database", byLease, left)
}

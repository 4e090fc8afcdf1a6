package compare

import (
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// bounds are lower bounds of a node's figures: no policy under which the node serves every request of its load at once
// has less. They depend on the load and the node's initial state alone. The package's documentation has the arguments.
type bounds struct {
	Used   float64 `json:"used"`   // byte-seconds on the disk
	P95    int64   `json:"p95"`    // bytes on the disk that are exceeded for 5 % of the time
	Peak   int64   `json:"peak"`   // bytes on the disk at one time
	Pulled int64   `json:"pulled"` // bytes pulled and built
	Room   int64   `json:"room"`   // bytes of free space on a disk that is otherwise empty
}

// A demand is the part of a load that has been read, and the bytes that it needs. A unit is named as the node names it:
// a snapshot by namespace and key, a blob by its digest, a record by its ID.
//
// Invariant: need has the bytes of the units in users.
type demand struct {
	bounds
	need     gauge
	size     map[stored]int64 // the least size that any request or the database gives the unit
	users    map[stored]int   // running containers and builds
	had      map[stored]bool  // blobs and records that are on the node at the start or that were requested
	images   map[string]*demandImage
	running  map[*Container][]stored
	building map[*Build][]stored

	snapshotter string
}

// A demandImage describes the requests for an image. A node that has an image does not pull another one of that name.
type demandImage struct {
	*Image
	found   bool // it is in the database, perhaps without all blobs
	unclear bool // several images have this name
}

// newBounds computes the bounds of a load until a time; state is nil for an empty node.
func newBounds(l *Load, state *nodeState, end time.Time) bounds {
	d := &demand{
		size: map[stored]int64{}, users: map[stored]int{}, had: map[stored]bool{}, images: map[string]*demandImage{},
		running: map[*Container][]stored{}, building: map[*Build][]stored{}, snapshotter: defaultSnapshotter,
	}
	d.need.since = l.Start
	if state != nil {
		d.snapshotter = state.snapshotter
		d.find(state)
	}
	for _, e := range l.Events {
		d.measure(e)
	}
	if state != nil && !state.conditions {
		for _, c := range state.containers {
			d.running[c.Container] = state.chain(c)
			d.use(l.Start, d.running[c.Container], 1)
		}
	}
	for _, e := range l.Events {
		if !e.At.After(end) {
			d.request(e)
		}
	}
	d.need.add(end, 0)
	d.Used, d.P95, d.Peak = d.need.total, d.need.quantile(0.95), d.need.peak
	return d.bounds
}

// find reads the sizes and images of the initial state.
func (d *demand) find(state *nodeState) {
	for id, bytes := range state.bytes {
		n := state.graph.Node(id)
		unit := stored{n.Namespace, n.Key}
		if n.Type == metadata.ResourceContent {
			unit = blobUnit(digest.Digest(n.Key))
			d.had[unit] = true
		}
		d.sized(unit, bytes)
	}
	for _, i := range state.images {
		d.image(i.Image).found = true
	}
}

// chain returns the snapshots below a container of the database.
func (f *nodeState) chain(c stateContainer) (units []stored) {
	root, ok := f.graph.Lookup(gc.Node{Type: metadata.ResourceContainer, Namespace: c.Image.Namespace, Key: c.ID})
	if !ok {
		return nil
	}
	seen := map[gc.ID]bool{}
	for todo := []gc.ID{root}; len(todo) > 0; {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for e := range f.graph.Edges(id) {
			n := f.graph.Node(e.To)
			if _, sized := f.bytes[e.To]; sized && n.Type == metadata.ResourceSnapshot && !seen[e.To] {
				seen[e.To] = true
				units = append(units, stored{n.Namespace, n.Key})
				todo = append(todo, e.To)
			}
		}
	}
	return units
}

func blobUnit(d digest.Digest) stored { return stored{"", "blob/" + string(d)} }

func recordUnit(r *Record) stored { return stored{"", "record/" + r.ID} }

func (d *demand) layerUnit(i *Image, l Layer) stored {
	return stored{i.Namespace, d.snapshotter + "/" + string(l.Chain)}
}

func (d *demand) sized(unit stored, bytes int64) {
	if known, ok := d.size[unit]; !ok || bytes < known {
		d.size[unit] = bytes
	}
}

// image returns the image of that name.
func (d *demand) image(i *Image) *demandImage {
	known := d.images[i.id()]
	if known == nil {
		known = &demandImage{Image: i}
		d.images[i.id()] = known
	}
	known.unclear = known.unclear || known.Image != i
	return known
}

// measure notes the sizes of the units that an event requests.
func (d *demand) measure(e Event) {
	i := e.Pull
	switch {
	case e.Run != nil:
		i = e.Run.Image
	case e.Build != nil:
		for _, r := range e.Build.Records {
			d.sized(recordUnit(r), r.Size)
		}
	}
	if i == nil {
		return
	}
	known := d.images[i.id()]
	if known != nil && known.Image == i && !known.found {
		return // measured before
	}
	d.image(i)
	for _, b := range i.blobs() {
		d.sized(blobUnit(b.Digest), b.Size)
	}
	for _, l := range i.Layers {
		d.sized(d.layerUnit(i, l), l.Unpacked)
	}
}

// request serves an event as every policy must.
func (d *demand) request(e Event) {
	switch {
	case e.Run != nil:
		own := stored{e.Run.Image.Namespace, "container/" + e.Run.ID}
		d.size[own] = e.Run.Written
		units := []stored{own}
		image := d.image(e.Run.Image)
		if !image.unclear {
			for _, l := range image.Layers {
				units = append(units, d.layerUnit(image.Image, l))
			}
		}
		d.running[e.Run] = units
		d.use(e.At, units, 1)
		d.pull(e.At, image)
	case e.Remove != nil:
		d.use(e.At, d.running[e.Remove], -1)
		delete(d.running, e.Remove)
	case e.Pull != nil:
		if image := d.image(e.Pull); !image.found && !image.unclear {
			d.pull(e.At, image)
		}
	case e.Build != nil:
		var units []stored
		for _, r := range e.Build.Records {
			units = append(units, recordUnit(r))
			d.fetch(recordUnit(r))
		}
		d.building[e.Build] = append(d.building[e.Build], units...)
		d.use(e.At, units, 1)
		d.Room = max(d.Room, d.need.bytes)
	case e.Built != nil:
		d.use(e.At, d.building[e.Built], -1)
		delete(d.building, e.Built)
	}
}

// use adds a user to units, or removes one.
func (d *demand) use(at time.Time, units []stored, n int) {
	bytes := int64(0)
	for _, u := range units {
		before := d.users[u]
		d.users[u] += n
		switch {
		case before == 0:
			bytes += d.size[u]
		case before+n == 0:
			bytes -= d.size[u]
			delete(d.users, u)
		}
	}
	d.need.add(at, bytes)
}

// pull counts the first request for each blob of an image. At the time of the request, the disk has the image's blobs
// and snapshots and all units in use. An image from the database may lack blobs, and the node need not pull these.
func (d *demand) pull(at time.Time, image *demandImage) {
	bytes := int64(0)
	if !image.unclear && !image.found {
		seen := map[stored]bool{}
		add := func(u stored) {
			if !seen[u] && d.users[u] == 0 {
				bytes += d.size[u]
			}
			seen[u] = true
		}
		for _, b := range image.blobs() {
			d.fetch(blobUnit(b.Digest))
			add(blobUnit(b.Digest))
		}
		for _, l := range image.Layers {
			add(d.layerUnit(image.Image, l))
		}
	}
	d.need.add(at, bytes)
	d.Room = max(d.Room, d.need.bytes)
	d.need.add(at, -bytes)
}

// fetch counts the first request for a blob or record that the node does not have at the start.
func (d *demand) fetch(unit stored) {
	if !d.had[unit] {
		d.had[unit] = true
		d.Pulled += d.size[unit]
	}
}

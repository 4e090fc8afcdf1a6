package metadata

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// suspects are the parts of one backend that a cleaning looks at. They make cleaning scale with the parts that were
// removed, instead of the parts that are stored.
//
// Invariant: if known is true, each part that no committed record names, and that was stored through this package, is
// in parts or taken, or a cleaning is at work on it. The lists are in no order, and may repeat a part.
type suspects struct {
	known bool // false: any part may be unnamed
	parts []backendPart

	// The next cleaning looks at these, or walks the backend.
	taken []backendPart
	walk  bool

	cleanings int // running
}

// maxSuspects bounds the memory for suspects of one backend. If half as many different parts are suspected, the next
// cleaning may walk the backend.
const maxSuspects = 1 << 18

// suspectRecords suspects the parts that the records of nodes name. A collection calls it before it deletes them.
func (m *DB) suspectRecords(db memkv.Frozen, nodes []gc.Node) {
	if m.opts.walkAlways {
		return
	}
	records := recordBuckets{db: db}
	var parts []backendPart
	for chunk := range slices.Chunk(nodes, 256) { // writers wait for dirt.mu
		parts = parts[:0]
		for _, n := range chunk {
			parts = append(parts, records.partsOf(n)...)
		}
		m.dirt.suspect(parts...)
	}
}

// recordBuckets finds the records of nodes. It looks up a bucket once for neighbours in the same bucket.
type recordBuckets struct {
	db   memkv.Frozen
	path []string // of the bucket
	memkv.Frozen
}

// at returns the record under key in the bucket at path, or an empty one.
func (r *recordBuckets) at(key string, path ...string) memkv.Frozen {
	if !slices.Equal(path, r.path) {
		r.path = path
		r.Frozen, _ = r.db.BucketAt(path...)
	}
	record, _ := r.Bucket(key)
	return record
}

// partsOf returns the parts that the record of a node names.
func (r *recordBuckets) partsOf(n gc.Node) []backendPart {
	switch n.Type {
	case ResourceContent:
		return []backendPart{{key: n.Key}}
	case ResourceIngest:
		return partsOfIngest(r.at(n.Key, schema.KeyVersion1, n.Namespace, schema.KeyContent, schema.KeyIngests))
	case ResourceSnapshot:
		snapshotter, key, _ := strings.Cut(n.Key, "/")
		record := r.at(key, schema.KeyVersion1, n.Namespace, schema.KeySnapshots, snapshotter)
		return []backendPart{{snapshotter: snapshotter, key: record.Text(schema.KeyName)}}
	}
	return nil
}

// suspectsOf returns the suspects of a backend. The caller holds d.mu.
func (d *dirt) suspectsOf(snapshotter string) *suspects {
	s := d.suspects[snapshotter]
	if s == nil {
		if d.suspects == nil {
			d.suspects = map[string]*suspects{}
		}
		s = &suspects{}
		d.suspects[snapshotter] = s
	}
	return s
}

// suspect adds parts that no record may name from now on. It does not mark the backend for cleaning. A transaction
// suspects parts before it commits, and a rolled back transaction leaves suspects that records still name.
func (d *dirt) suspect(parts ...backendPart) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.walkAlways {
		return
	}
	for _, p := range parts {
		if p.key == "" {
			continue
		}
		s := d.suspectsOf(p.snapshotter)
		if len(s.parts) >= maxSuspects {
			s.shrink()
		}
		s.parts = append(s.parts, p)
	}
}

// shrink removes repeated parts. It gives the parts up if most are different.
func (s *suspects) shrink() {
	if s.parts = sortParts(s.parts); len(s.parts) > maxSuspects/2 {
		s.known, s.parts = false, nil
	}
}

// suspectAll makes the next cleaning of a backend walk it, because the unnamed parts are not known.
func (d *dirt) suspectAll(snapshotter string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.suspectsOf(snapshotter).known = false
}

// hand makes the suspects of a backend those of its next cleaning. No writing transaction may be open: a suspect that a
// committed record names at this point is not unnamed before another call suspects it. The caller holds d.mu.
func (d *dirt) hand(snapshotter string) {
	s := d.suspectsOf(snapshotter)
	s.walk = s.walk || !s.known
	s.known = true
	if s.taken == nil {
		s.taken = s.parts
	} else {
		s.taken = append(s.taken, s.parts...)
	}
	s.parts = nil
}

// begin starts a cleaning. It returns the parts that the cleaning looks at, blobs before ingests, sorted by key. If all
// is true, the cleaning must walk the backend instead. The caller calls end.
func (d *dirt) begin(snapshotter string) (all bool, parts []backendPart) {
	d.mu.Lock()
	s := d.suspectsOf(snapshotter)
	all, parts = s.walk || !s.known || d.walkAlways, s.taken
	s.walk, s.taken = false, nil
	s.cleanings++
	d.mu.Unlock()
	if all {
		return true, nil
	}
	return false, sortParts(parts) // while writers continue
}

// sortParts sorts parts of one backend in place: blobs before ingests, each by key. It returns each part once.
func sortParts(parts []backendPart) []backendPart {
	slices.SortFunc(parts, func(a, b backendPart) int {
		switch {
		case a.ingest == b.ingest:
			return cmp.Compare(a.key, b.key)
		case a.ingest:
			return 1
		default:
			return -1
		}
	})
	return slices.Compact(parts)
}

// end ends a cleaning. The given parts remain suspect. If err is not nil, the next cleaning repeats this one.
func (d *dirt) end(snapshotter string, all bool, parts, remain []backendPart, err error) {
	d.mu.Lock()
	s := d.suspectsOf(snapshotter)
	s.cleanings--
	if all && err != nil {
		s.known = false
	}
	d.mu.Unlock()
	if err != nil {
		remain = parts
	}
	d.suspect(remain...)
}

// open returns the parts of a backend that an open transaction may still name.
func (d *dirt) open(snapshotter string) map[backendPart]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := map[backendPart]bool{}
	for p := range d.made {
		if p.snapshotter == snapshotter {
			open[p] = true
		}
	}
	return open
}

// clone returns an independent copy.
func (s *suspects) clone() *suspects {
	c := *s
	c.parts, c.taken = slices.Concat(s.parts, s.taken), nil
	c.known, c.walk, c.cleanings = s.known && !s.walk && s.cleanings == 0, false, 0
	return &c
}

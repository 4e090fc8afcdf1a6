package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// An Accounting attributes all bytes to holders. Its parts are disjoint: the bytes that one holder retains, the bytes
// that a set of holders shares, garbage, and files without a record in the metadata. They add up to TotalBytes.
//
// If records of a namespace are lost ([Options.Lost]), a lost record may keep any object of it. Figures that depend on
// that are not known, and -1: the retained bytes of its holders, and the sums that they are a part of. Unheld has the
// objects of it that no readable record keeps.
type Accounting struct {
	Basis

	// TotalBytes and TotalObjects are the sums of all parts. UnsizedSnapshots is the number of snapshots among them
	// with an unknown size, which every sum of bytes leaves out.
	TotalBytes       int64 `json:"totalBytes"`
	TotalObjects     int   `json:"totalObjects"`
	UnsizedSnapshots int   `json:"unsizedSnapshots"`

	// Holders are sorted by retained bytes, then by shared bytes, largest first, then by name. HolderCount is their
	// number, of which Holders has as many as the limit allows. RetainedBytes is the sum over all holders, -1 if it is
	// not known.
	Holders       []Holder `json:"holders"`
	HolderCount   int      `json:"holderCount"`
	RetainedBytes int64    `json:"retainedBytes"`

	// Shared are the sets of holders that keep bytes together, largest first. SharedCount is their number, of which
	// Shared has as many as the limit allows. SharedBytes is the sum over all sets.
	Shared      []SharedPart `json:"shared"`
	SharedCount int          `json:"sharedCount"`
	SharedBytes int64        `json:"sharedBytes"`

	// Garbage is the part that a collection would remove. It has no object of a namespace in Withheld, and is not known
	// ([Part.Known]) if there is no other namespace.
	Garbage Part `json:"garbage"`

	// Withheld are the namespaces of which records are lost, sorted. Unheld is the part in them that no readable record
	// keeps; nil if there are none.
	Withheld []Withheld `json:"withheld,omitempty"`
	Unheld   *Part      `json:"unheld,omitempty"`

	// Unknown is the part without a record in the metadata: snapshots and blobs on disk. It is nil without
	// [Options.Disk].
	Unknown *Part `json:"unknown,omitempty"`

	// Groups are the result of [Database.Groups], if a caller puts them here to print both as one answer.
	Groups []Group `json:"groups,omitempty"`

	// Kinds has the sums of each kind of holder. Leases that expire and leases that do not are two rows.
	Kinds []KindSum `json:"kinds"`
}

// A Part is a number of objects with their bytes. Both are -1 if they are not known because records are lost: see
// [Part.Known].
type Part struct {
	Bytes            int64 `json:"bytes"`
	Objects          int   `json:"objects"`
	UnsizedSnapshots int   `json:"unsizedSnapshots"`
}

func (p *Part) add(other Part) {
	p.Bytes += other.Bytes
	p.Objects += other.Objects
	p.UnsizedSnapshots += other.UnsizedSnapshots
}

// A SharedPart is kept by several holders together. It becomes garbage when the last of them is deleted.
type SharedPart struct {
	Part

	// Holders are the names of the holders, as many as the limit allows. HolderCount is their number; 0 if there are
	// too many to count.
	Holders     []string `json:"holders"`
	HolderCount int      `json:"holderCount"`
}

// A KindSum has the sums of one kind of holder.
type KindSum struct {
	Kind HolderKind `json:"kind"`

	// Ends is true for leases that expire, and false for leases that do not. It is nil for other kinds.
	Ends *bool `json:"ends,omitempty"`

	Count int `json:"count"`

	// Kept is the part that at least one holder of the kind keeps. Reclaimable is the part that only holders of the
	// kind keep: deleting all of them frees it. It is not known ([Part.Known]) if records are lost that may keep it.
	Kept        Part `json:"kept"`
	Reclaimable Part `json:"reclaimable"`
}

// AccountOptions configure an accounting.
type AccountOptions struct {
	// ByName makes each root a holder of its own: each name of an image, and a container without its snapshot.
	ByName bool

	// Limit is the maximum length of the lists of holders and of shared parts. HoldersPerSet is the maximum number of
	// names of a shared part. 0 stands for no limit.
	Limit         int
	HoldersPerSet int
}

// Account attributes all bytes to holders. If the collection fails, the error is of class [ErrFails].
func (d *Database) Account(o AccountOptions) (*Accounting, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	a := d.attribute(g, o.ByName)
	answer := &Accounting{Basis: d.Basis(), Shared: []SharedPart{}, Kinds: a.kinds()}
	for i := range a.holders {
		answer.RetainedBytes += a.holders[i].RetainedBytes
	}
	if slices.Contains(a.unsure, true) {
		answer.RetainedBytes = unknownFigure
	}
	if d.withheld != nil {
		answer.Unheld, answer.Withheld = &Part{}, d.listWithheld(nodesOf(g, gc.MakePlan(g, gc.WhatIf{}).Removed))
	}
	if d.blobsLost() {
		answer.note("a lost record may name a blob, whose bytes then stay on the disk when its holder is deleted")
	}
	for _, p := range a.parts {
		answer.TotalBytes += p.Bytes
		answer.TotalObjects += p.Objects
		answer.UnsizedSnapshots += p.UnsizedSnapshots
		switch {
		case p.unheld:
			answer.Unheld.add(p.Part)
		case len(p.holders) == 0 && !p.many:
			answer.Garbage.add(p.Part)
		case len(p.holders) != 1:
			answer.SharedBytes += p.Bytes
			answer.SharedCount++
			answer.Shared = append(answer.Shared, a.shared(p, o.HoldersPerSet))
		}
	}
	if d.refuseLost() != nil {
		answer.Garbage = unknownPart
	}
	if d.options.Disk != nil {
		unknown, notes := d.unknown()
		answer.Notes = append(answer.Notes, notes...)
		answer.Unknown = &unknown
		answer.TotalBytes += unknown.Bytes
		answer.TotalObjects += unknown.Objects
		answer.UnsizedSnapshots += unknown.UnsizedSnapshots
	}
	answer.HolderCount = len(a.holders)
	answer.Holders = append([]Holder{}, a.holders...) // a list in JSON, also without holders
	slices.SortFunc(answer.Holders, func(x, y Holder) int {
		return cmp.Or(cmp.Compare(y.RetainedBytes, x.RetainedBytes), cmp.Compare(y.SharedBytes, x.SharedBytes),
			cmp.Compare(y.RetainedObjects, x.RetainedObjects), cmp.Compare(x.Holder, y.Holder))
	})
	slices.SortStableFunc(answer.Shared, func(x, y SharedPart) int { return cmp.Compare(y.Bytes, x.Bytes) })
	if o.Limit > 0 {
		answer.Holders = answer.Holders[:min(o.Limit, len(answer.Holders))]
		answer.Shared = answer.Shared[:min(o.Limit, len(answer.Shared))]
	}
	return answer, nil
}

// An attribution is a gc.Attribution with the holders described.
type attribution struct {
	*gc.Attribution
	holders []Holder // by number
	unsure  []bool   // by number: a lost record may keep an object that the holder retains
	parts   []part
}

// A part is kept by one set of holders.
type part struct {
	Part
	holders []uint32
	many    bool
	unheld  bool   // no readable record keeps it, but a lost one may
	set     uint32 // the number of the set in the gc.Attribution
}

// attribute attributes a graph to holders and sums up each of them.
func (d *Database) attribute(g *gc.Graph, byName bool) *attribution {
	a := &attribution{holders: d.holders(g, byName)}
	members := make([][]gc.ID, len(a.holders))
	for i, h := range a.holders {
		members[i] = h.members
	}
	a.Attribution = gc.Attribute(g, members)
	unsized := map[uint32]int{}
	for id := range gc.ID(g.Len()) {
		if d.unsized(g, []gc.ID{id}) > 0 {
			unsized[a.Set(id)]++
		}
	}
	for i, s := range a.Sets() {
		p := part{Part: Part{s.Bytes, s.Objects, unsized[uint32(i)]}, holders: s.Holders, many: s.Many, set: uint32(i)}
		if p.Objects == 0 && p.Bytes == 0 {
			continue
		}
		if d.withheld != nil && len(p.holders) == 0 && !p.many {
			a.parts = append(a.parts, d.splitUnheld(g, p)...)
			continue
		}
		a.parts = append(a.parts, p)
		for _, n := range p.holders {
			h := &a.holders[n]
			if len(p.holders) == 1 {
				h.RetainedBytes, h.RetainedObjects, h.UnsizedSnapshots = p.Bytes, p.Objects, p.UnsizedSnapshots
			} else {
				h.SharedBytes += p.Bytes
				h.SharedObjects += p.Objects
			}
		}
	}
	d.doubt(g, a)
	return a
}

// splitUnheld splits the part without a holder into garbage and the objects of withheld namespaces.
func (d *Database) splitUnheld(g *gc.Graph, p part) []part {
	plan := d.surePlan(g)
	garbage, unheld := p, p
	garbage.Part = Part{plan.RemovedBytes, len(plan.Removed), d.unsized(g, plan.Removed)}
	unheld.Part = Part{p.Bytes - garbage.Bytes, p.Objects - garbage.Objects, p.UnsizedSnapshots - garbage.UnsizedSnapshots}
	unheld.unheld = true
	return slices.DeleteFunc([]part{garbage, unheld}, func(p part) bool { return p.Objects == 0 && p.Bytes == 0 })
}

// doubt finds the holders that may not retain what the readable records say: those of withheld namespaces, and those
// that retain a blob which such a namespace has too.
func (d *Database) doubt(g *gc.Graph, a *attribution) {
	a.unsure = make([]bool, len(a.holders))
	if d.withheld == nil {
		return
	}
	blobs := d.unheldBlobs(g)
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); n.Type == metadata.ResourceContent && g.Exists(id) && blobs[n.Key] {
			if holders := a.Sets()[a.Set(id)].Holders; len(holders) == 1 {
				a.unsure[holders[0]] = true
			}
		}
	}
	for i := range a.holders {
		h := &a.holders[i]
		if a.unsure[i] = a.unsure[i] || d.lacks(h.Namespace); a.unsure[i] {
			h.RetainedBytes, h.RetainedObjects, h.UnsizedSnapshots = unknownFigure, unknownFigure, 0
		}
	}
}

// shared describes a part that several holders keep, with the names of the first limit holders.
func (a *attribution) shared(p part, limit int) SharedPart {
	s := SharedPart{Part: p.Part, Holders: []string{}, HolderCount: len(p.holders)}
	for _, n := range p.holders {
		if limit > 0 && len(s.Holders) == limit {
			break
		}
		s.Holders = append(s.Holders, a.holders[n].Holder)
	}
	return s
}

// kinds sums up the kinds of holders that occur.
func (a *attribution) kinds() []KindSum {
	sums := make([]KindSum, 0, len(holderRows))
	rowOf := make([]int, len(a.holders))
	for _, row := range holderRows {
		sum := KindSum{Kind: row.kind, Ends: row.ends}
		for i, h := range a.holders {
			if h.Kind == row.kind && (row.ends == nil || *row.ends == (h.Ends != nil)) {
				rowOf[i] = len(sums)
				sum.Count++
			}
		}
		if sum.Count > 0 {
			sums = append(sums, sum)
		}
	}
	for _, p := range a.parts {
		seen := map[int]bool{}
		for _, n := range p.holders {
			seen[rowOf[n]] = true
		}
		for row := range seen {
			sums[row].Kept.add(p.Part)
			if len(seen) == 1 {
				sums[row].Reclaimable.add(p.Part)
			}
		}
	}
	for i, unsure := range a.unsure {
		if unsure {
			sums[rowOf[i]].Reclaimable = unknownPart
		}
	}
	return sums
}

// holderRows are the rows of a summary.
var holderRows = []struct {
	kind HolderKind
	ends *bool
}{
	{HolderImage, nil},
	{HolderContainer, nil},
	{HolderSandbox, nil},
	{HolderLease, new(bool)},
	{HolderLease, truth()},
	{HolderLabel, nil},
	{HolderUpload, nil},
}

func truth() *bool {
	b := true
	return &b
}

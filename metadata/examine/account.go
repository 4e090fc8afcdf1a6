package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

// An Accounting says which holders keep which bytes. Its parts are disjoint: the bytes that one holder retains, those
// that a set of holders shares, garbage, and files that the metadata does not know. They add up to TotalBytes.
type Accounting struct {
	Basis

	// TotalBytes and TotalObjects are the sums of all parts. UnsizedSnapshots of these objects have no known size; their
	// bytes are missing from every sum.
	TotalBytes       int64 `json:"totalBytes"`
	TotalObjects     int   `json:"totalObjects"`
	UnsizedSnapshots int   `json:"unsizedSnapshots"`

	// Holders are the holders that retain most bytes, then share most, then by name: as many of HolderCount as were
	// asked for. RetainedBytes is the sum over all holders.
	Holders       []Holder `json:"holders"`
	HolderCount   int      `json:"holderCount"`
	RetainedBytes int64    `json:"retainedBytes"`

	// Shared are the sets of holders that keep bytes together, largest first: as many of SharedCount as were asked for.
	// SharedBytes is the sum over all sets.
	Shared      []SharedPart `json:"shared"`
	SharedCount int          `json:"sharedCount"`
	SharedBytes int64        `json:"sharedBytes"`

	// Garbage is the part that a collection would remove.
	Garbage Part `json:"garbage"`

	// Unknown is the part that is on disk only: snapshots and blobs without a record in the metadata. It is nil if the
	// disk was not looked at.
	Unknown *Part `json:"unknown,omitempty"`

	// Groups are the result of [Database.Groups], if a caller puts them here to print both as one answer.
	Groups []Group `json:"groups,omitempty"`

	// Kinds sums up each kind of holder that occurs. Leases with and without an end are two rows.
	Kinds []KindSum `json:"kinds"`
}

// A Part is a number of objects with their bytes.
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

// A SharedPart is kept by several holders together: it goes when the last of them is deleted.
type SharedPart struct {
	Part

	// Holders are the names of the first of HolderCount holders. HolderCount is 0 if they are too many to be counted.
	Holders     []string `json:"holders"`
	HolderCount int      `json:"holderCount"`
}

// A KindSum sums up one kind of holder.
type KindSum struct {
	Kind HolderKind `json:"kind"`

	// Ends tells leases with an end from leases without one. It is nil for other kinds.
	Ends *bool `json:"ends,omitempty"`

	Count int `json:"count"`

	// Kept is kept by at least one holder of the kind, Reclaimable by holders of the kind alone: deleting all of them
	// frees it.
	Kept        Part `json:"kept"`
	Reclaimable Part `json:"reclaimable"`
}

// AccountOptions say how an accounting is grouped and how much of it is listed.
type AccountOptions struct {
	// ByName makes each root a holder of its own: each name of an image, and a container without its snapshot.
	ByName bool

	// Limit bounds the lists of holders and of shared parts; 0 lists all. HoldersPerSet bounds the names of a shared
	// part; 0 lists all.
	Limit         int
	HoldersPerSet int
}

// Account returns the accounting of all bytes. The error is of class [ErrFails].
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
	for _, p := range a.parts {
		answer.TotalBytes += p.Bytes
		answer.TotalObjects += p.Objects
		answer.UnsizedSnapshots += p.UnsizedSnapshots
		switch {
		case len(p.holders) == 0 && !p.many:
			answer.Garbage.add(p.Part)
		case len(p.holders) != 1:
			answer.SharedBytes += p.Bytes
			answer.SharedCount++
			answer.Shared = append(answer.Shared, a.shared(p, o.HoldersPerSet))
		}
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
	answer.Holders = a.holders
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
	parts   []part
}

// A part is kept by one set of holders.
type part struct {
	Part
	holders []uint32
	many    bool
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
		p := part{Part{s.Bytes, s.Objects, unsized[uint32(i)]}, s.Holders, s.Many}
		if p.Objects == 0 && p.Bytes == 0 {
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
	return a
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

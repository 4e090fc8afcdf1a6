package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

// An Accounting attributes all bytes to holders. Its parts are disjoint: the bytes that one holder retains, the bytes
// that a set of holders shares, garbage, and files without a record in the metadata. They add up to TotalBytes.
type Accounting struct {
	Basis

	// TotalBytes and TotalObjects are the sums of all parts. UnsizedSnapshots is the number of snapshots among them
	// with an unknown size, which every sum of bytes leaves out.
	TotalBytes       int64 `json:"totalBytes"`
	TotalObjects     int   `json:"totalObjects"`
	UnsizedSnapshots int   `json:"unsizedSnapshots"`

	// Holders are sorted by retained bytes, then by shared bytes, largest first, then by name. HolderCount is their
	// number, of which Holders has as many as the limit allows. RetainedBytes is the sum over all holders.
	Holders       []Holder `json:"holders"`
	HolderCount   int      `json:"holderCount"`
	RetainedBytes int64    `json:"retainedBytes"`

	// Shared are the sets of holders that keep bytes together, largest first. SharedCount is their number, of which
	// Shared has as many as the limit allows. SharedBytes is the sum over all sets.
	Shared      []SharedPart `json:"shared"`
	SharedCount int          `json:"sharedCount"`
	SharedBytes int64        `json:"sharedBytes"`

	// Garbage is the part that a collection would remove.
	Garbage Part `json:"garbage"`

	// Unknown is the part without a record in the metadata: snapshots and blobs on disk. It is nil without
	// [Options.Disk].
	Unknown *Part `json:"unknown,omitempty"`

	// Groups are the result of [Database.Groups], if a caller puts them here to print both as one answer.
	Groups []Group `json:"groups,omitempty"`

	// Kinds has the sums of each kind of holder. Leases that expire and leases that do not are two rows.
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
	// kind keep: deleting all of them frees it.
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
		p := part{Part{s.Bytes, s.Objects, unsized[uint32(i)]}, s.Holders, s.Many, uint32(i)}
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

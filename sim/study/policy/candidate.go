package policy

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// A Candidate is an image or a build record that a node could evict.
type Candidate struct {
	// ID is unique among all images and build records.
	ID   string
	Kind Kind

	// Size is the size that the runtime reports, in bytes. An image's size includes the layers that it shares with
	// others.
	Size int64

	// Names are the names of an image's records: "docker.io/library/alpine:3". The node owns the slice.
	Names []string

	Created  time.Time // of an image: of the newest of its records
	LastUsed time.Time // zero: never used
	Expire   time.Time // containerd.io/gc.expire; zero: none

	// InUse is true if the candidate must stay now: a container uses the image, or a build holds the record. A
	// container that exited uses its image until the container is removed.
	InUse bool

	// Pinned is true if the owner forbids eviction.
	Pinned bool

	Record
}

// A Record has the fields that only build records have. It is zero in an image.
type Record struct {
	// Parents are the IDs of the records that this one is built on. They are not removed before it. Policies only read
	// the slice.
	Parents []string

	Type        RecordType // "" means Regular
	Description string
	Uses        int // number of uses

	// Shared is true if an image on the node has the same layers, all of them.
	Shared bool

	Mutable bool

	// Uncommitted is true for a mutable record without an immutable record of the same data, for example a cache mount.
	Uncommitted bool

	// UsesParents is true if the removal of the record counts as a use of its parents. BuildKit does that for records
	// that are older than its last restart, and for the merge that it makes of a difference over several layers.
	UsesParents bool

	// Inactive is true for one half of a pair of a mutable and an immutable record with the same data: the mutable half
	// if the immutable one is in use, and else the immutable half. It goes when the other half is removed. A node may
	// omit it.
	Inactive bool
}

// A Kind is the kind of a candidate.
type Kind int

// The kinds of candidates.
const (
	Image Kind = iota // an image
	Build             // a record of a build cache
)

// A RecordType is the kind of content of a build record, as buildkit names it.
type RecordType string

// The types of build records.
const (
	Regular           RecordType = "regular"
	Internal          RecordType = "internal"
	Frontend          RecordType = "frontend"
	SourceLocal       RecordType = "source.local"
	SourceGitCheckout RecordType = "source.git.checkout"
	ExecCacheMount    RecordType = "exec.cachemount"
)

// byID orders candidates by ID. It breaks every tie.
func byID(a, b Candidate) int { return cmp.Compare(a.ID, b.ID) }

// ofKind returns the node's candidates of one kind, by ID.
func ofKind(node Node, kind Kind) []Candidate { return reuse(nil, node, kind) }

// reuse is ofKind with the memory of a list that nobody needs any more.
func reuse(old []Candidate, node Node, kind Kind) []Candidate {
	if l, ok := node.(Lister); ok {
		return l.AppendCandidates(old[:0], kind)
	}
	list := slices.DeleteFunc(node.Candidates(), func(c Candidate) bool { return c.Kind != kind })
	slices.SortFunc(list, byID)
	return list
}

// find returns the index of a candidate in a list by ID.
func find(list []Candidate, id string) (at int, found bool) {
	return sort.Find(len(list), func(at int) int { return cmp.Compare(id, list[at].ID) })
}

package policy

import (
	"cmp"
	"slices"
	"time"
)

// A Candidate is something that a node could let go of.
type Candidate struct {
	// ID tells it from every other, images and build records alike.
	ID   string
	Kind Kind

	// Size is what the runtime reports, in bytes: for an image the whole of it,
	// whatever it shares with others.
	Size int64

	Created  time.Time
	LastUsed time.Time // zero: never used
	Expire   time.Time // containerd.io/gc.expire; zero: none

	// InUse says that it may not go now: a container is made from the image, a
	// build holds the record. An image is in use also by a container that has
	// exited and is not removed yet.
	InUse bool

	// Pinned says that its owner wants it never to go.
	Pinned bool

	Record
}

// A Record is what only build records have. It is zero in an image.
type Record struct {
	// Parents are the IDs of the records that this one is built on: none of them
	// goes before it.
	Parents []string

	Type        RecordType // "" means Regular
	Description string
	Uses        int // how often it was used

	// Shared says that an image on the node has the same layers.
	Shared bool

	Mutable bool

	// Inactive marks the half of a mutable and immutable pair with the same data
	// that is not the one to remove.
	Inactive bool
}

// A Kind is what a candidate is.
type Kind int

const (
	Image Kind = iota
	Build      // a record of a build cache
)

// A RecordType is what a build record holds, in buildkit's words.
type RecordType string

const (
	Regular           RecordType = "regular"
	Internal          RecordType = "internal"
	Frontend          RecordType = "frontend"
	SourceLocal       RecordType = "source.local"
	SourceGitCheckout RecordType = "source.git.checkout"
	ExecCacheMount    RecordType = "exec.cachemount"
)

// byID sorts what came in any order, and is how every tie ends.
func byID(a, b Candidate) int { return cmp.Compare(a.ID, b.ID) }

// ofKind are the node's candidates of one kind, by ID.
func ofKind(node Node, kind Kind) []Candidate {
	list := slices.DeleteFunc(node.Candidates(), func(c Candidate) bool { return c.Kind != kind })
	slices.SortFunc(list, byID)
	return list
}

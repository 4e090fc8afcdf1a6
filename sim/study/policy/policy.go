package policy

import "time"

// A Policy decides what a node lets go of. It may remember what it saw, so one
// value serves one node. Not safe for concurrent use.
type Policy interface {
	// Rhythm says when to call Release. It never changes.
	Rhythm() Rhythm

	// Release looks at the node at now, which never goes back, and removes what
	// it chooses. An error says that it could not do what it wanted to, usually
	// that too little could go ([ErrShort]); what it removed is removed, and the
	// owner asks again at the usual time.
	Release(now time.Time, node Node) error

	// Clone returns an independent policy in the same state.
	Clone() Policy

	// Name is the first word of the specification, "kubelet".
	Name() string

	// String is the specification, with every parameter, that [Parse] reads. A
	// policy's memory is not in it.
	String() string
}

// A Node is what a policy looks at and acts on.
type Node interface {
	// Disk is the size of the file system that holds the candidates, and how
	// much of it is free now, in bytes. A capacity of 0 is not known.
	Disk() (capacity, free int64)

	// Candidates are all images and build records, whether or not they may go,
	// in any order. The caller may keep and change the slice.
	Candidates() []Candidate

	// Remove lets go of one candidate. Whether its bytes come free at once is the
	// node's affair. It never removes what another needs: a build record with
	// children, or one in use, is an error. The policies here don't try.
	Remove(id string) error
}

// A Rhythm says when to ask a policy.
type Rhythm struct {
	// Start is how long after the node starts the first time is.
	Start time.Duration

	// Every is the time from one asking to the next; 0 for no period.
	Every time.Duration

	// AfterBuild is how long after each build ends; 0 if builds don't matter.
	AfterBuild time.Duration

	// Pause is the least time from the end of one asking to the next, which is
	// put off, not left out.
	Pause time.Duration
}

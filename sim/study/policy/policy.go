package policy

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Policy decides which images and build records a node evicts. It may remember what it observed, so each node needs
// its own value. Not safe for concurrent use.
type Policy interface {
	// Rhythm says when to call Release. It never changes.
	Rhythm() Rhythm

	// Release inspects the node at now and removes candidates. Successive calls have times that never decrease. An
	// error reports that the policy could not do all that it intended, usually that it could free too little
	// ([ErrShort]). Removals before the error stand, and the owner calls Release again at the usual time.
	Release(now time.Time, node Node) error

	// Clone returns an independent policy in the same state.
	Clone() Policy

	// Name is the first word of the specification: "kubelet".
	Name() string

	// String is the specification with every parameter, as [Parse] reads it. It does not include the policy's memory.
	String() string
}

// A Node is the interface through which a policy inspects and changes a node.
type Node interface {
	// Disk returns the size of the file system that holds the candidates, and its free space, in bytes. A capacity of 0
	// is unknown.
	Disk() (capacity, free int64)

	// Candidates returns all images and build records, removable or not, in any order. The caller owns the slice.
	Candidates() []Candidate

	// Remove removes one candidate. The node decides when its bytes become free. Remove fails on a build record that
	// has children or is in use; the policies of this package don't attempt that.
	Remove(id string) error
}

// A Lister is a [Node] that can list the candidates of one kind alone.
type Lister interface {
	// AppendCandidates appends the candidates of a kind in the order of their IDs. It keeps no part of the list.
	AppendCandidates(list []Candidate, kind Kind) []Candidate
}

// A Tracker is a [Node] that knows which images changed. A policy that observes images need not list all of them.
type Tracker interface {
	// Changes returns the images that appeared, disappeared, came into use or went out of use after an earlier call,
	// which returned the mark since; 0 is the node's beginning. An image can be in the list several times. The caller
	// owns the slice.
	Changes(since int) (list []Change, mark int)
}

// A Change is the present state of an image that changed.
type Change struct {
	ID    string
	Gone  bool
	InUse bool
}

// A Rhythm says when to call [Policy.Release].
type Rhythm struct {
	// Start is the time from the node's start to the first call.
	Start time.Duration

	// Every is the time from one call to the next; 0 for no period.
	Every time.Duration

	// AfterBuild is the time from the end of each build to a call; 0 for no call.
	AfterBuild time.Duration

	// Pause is the least time from the end of one call to the next. An earlier call is postponed, not omitted.
	Pause time.Duration
}

// Errors of Release.
var (
	// ErrShort is returned when a policy frees less than it needs to.
	ErrShort = errors.New("too few bytes could be evicted")

	// ErrNoDisk is returned when a policy counts in percent of a disk of unknown size.
	ErrNoDisk = errors.New("the size of the disk is unknown")
)

// A ShortError is the error of a policy that freed fewer bytes than it needed. It satisfies [ErrShort].
type ShortError struct {
	Policy      string // its name
	Need, Freed int64  // bytes, by the reported sizes of candidates
}

// Error implements error.
func (e *ShortError) Error() string {
	return fmt.Sprintf("policy %q: %d of %d bytes freed: %v", e.Policy, e.Freed, e.Need, ErrShort)
}

// Unwrap returns [ErrShort].
func (e *ShortError) Unwrap() error { return ErrShort }

func noDisk(p Policy) error { return fmt.Errorf("policy %q: %w", p.Name(), ErrNoDisk) }

// invalid is the error of a setting out of range. Key is "" if the error concerns no single setting.
func invalid(name, key, format string, args ...any) error {
	return &spec.Error{Kind: "policy", Name: name, Key: key, Problem: fmt.Sprintf(format, args...)}
}

// None evicts nothing. On a large disk nothing is pulled again under it.
type None struct{}

// Rhythm implements [Policy].
func (None) Rhythm() Rhythm { return Rhythm{} }

// Release implements [Policy]. It returns nil.
func (None) Release(time.Time, Node) error { return nil }

// Clone implements [Policy].
func (None) Clone() Policy { return None{} }

// Name implements [Policy].
func (None) Name() string { return "none" }

// String implements [Policy].
func (None) String() string { return "none" }

package policy

import "time"

// None lets go of nothing: the bound of what is never pulled again.
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

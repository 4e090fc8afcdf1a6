package schedule

import "slices"

// Clone returns an independent scheduler in the same state. See Policy.
func (c *Containerd) Clone() Policy {
	clone := *c
	clone.late = slices.Clone(c.late)
	return &clone
}

// Clone returns an independent policy in the same state. See Policy.
func (p *OnDemand) Clone() Policy { return cloned(p) }

// Clone returns an independent policy in the same state. See Policy.
func (p *Never) Clone() Policy { return cloned(p) }

// Clone returns an independent policy in the same state. See Policy.
func (p *Interval) Clone() Policy { return cloned(p) }

// Clone returns an independent policy in the same state. See Policy.
func (p *AfterDeletion) Clone() Policy { return cloned(p) }

// Clone returns an independent policy in the same state. See Policy.
func (p *Watermark) Clone() Policy { return cloned(p) }

// cloned copies a policy that refers to nothing.
func cloned[P any](p *P) *P {
	clone := *p
	return &clone
}

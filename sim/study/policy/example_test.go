package policy_test

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

func Example() {
	p, err := policy.Parse("lru:high=90,low=60", nil)
	if err != nil {
		panic(err)
	}
	start := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	node := &policy.Shelf{Capacity: 100e9, Free: 5e9, Items: []policy.Candidate{
		{ID: "base", Size: 30e9, LastUsed: start.Add(3 * time.Hour)},
		{ID: "web", Size: 25e9, LastUsed: start.Add(1 * time.Hour)},
		{ID: "db", Size: 20e9, LastUsed: start.Add(2 * time.Hour)},
	}}
	err = p.Release(start.Add(4*time.Hour), node)
	fmt.Println(p, node.Removed, err)
	// Output: lru:high=90,low=60,every=5m [web db] <nil>
}

// largest is a custom policy. Each day it evicts the largest image that is not in use. It has no memory, so a copy is a
// clone.
type largest struct{}

func (largest) Rhythm() policy.Rhythm { return policy.Rhythm{Every: 24 * time.Hour} }
func (largest) Clone() policy.Policy  { return largest{} }
func (largest) Name() string          { return "largest" }
func (largest) String() string        { return "largest" }

func (largest) Release(_ time.Time, node policy.Node) error {
	var found *policy.Candidate
	for _, c := range node.Candidates() {
		usable := c.Kind == policy.Image && !c.InUse && !c.Pinned
		if usable && (found == nil || c.Size > found.Size || c.Size == found.Size && c.ID < found.ID) {
			found = &c
		}
	}
	if found == nil {
		return nil
	}
	return node.Remove(found.ID)
}

func ExamplePolicy() {
	node := &policy.Shelf{Items: []policy.Candidate{{ID: "a", Size: 1}, {ID: "b", Size: 3}, {ID: "c", Size: 9, InUse: true}}}
	var p policy.Policy = largest{}
	err := p.Release(time.Time{}, node)
	fmt.Println(node.Removed, err)
	// Output: [b] <nil>
}

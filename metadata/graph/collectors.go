package graph

import (
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// Collectors are resources outside the database that take part in one collection. Their types are at least
// [rules.ResourceEnd]. A scan calls the functions from one goroutine. A function that is nil adds nothing.
type Collectors struct {
	Rules []rules.Rule // the labels by which records refer to the resources
	Nodes []gc.Node    // all resources

	// Leased calls hold with each resource that a live lease holds. A scan calls it once for each live lease.
	Leased func(namespace, lease string, hold func(gc.Node))

	// Active calls root with each resource of a namespace that is a root, and refer with each resource "to" that the
	// object "from" keeps. A scan calls it once for each namespace in the database.
	Active func(namespace string, root func(gc.Node), refer func(from, to gc.Node))

	// Follow calls keep with each object that the resource n keeps. [Plan] and [Collect] call it while they mark, as
	// Follow of a [gc.WhatIf]: with every reachable object, also of the database.
	Follow func(n gc.Node, keep func(gc.Node))
}

// external adds the resources and the rules of collectors. The scan has not begun.
func (s *scan) external() {
	if s.Collectors == nil {
		return
	}
	s.rules = append(s.rules, s.Collectors.Rules...)
	for _, n := range s.Collectors.Nodes {
		s.Define(s.Intern(n), 0)
	}
}

// leased adds edges from a live lease to the collectors' resources that it holds.
func (s *scan) leased(lease object) {
	if s.liveLease != nil {
		s.liveLease(lease)
	}
	if s.Collectors == nil || s.Collectors.Leased == nil {
		return
	}
	s.Collectors.Leased(s.namespace, lease.name, func(n gc.Node) {
		s.Edge(lease.id, s.Intern(n), gc.Reason{Rule: RuleCollector})
	})
}

// active adds the collectors' roots and back references in the namespace being scanned.
func (s *scan) active() {
	if s.Collectors == nil || s.Collectors.Active == nil {
		return
	}
	reason := gc.Reason{Rule: RuleCollector}
	root := func(n gc.Node) { s.Root(s.Intern(n), reason) }
	refer := func(from, to gc.Node) { s.BackEdge(s.Intern(from), s.Intern(to), reason) }
	s.Collectors.Active(s.namespace, root, refer)
}

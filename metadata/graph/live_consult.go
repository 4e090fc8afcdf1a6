package graph

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// consultation is the node that states the roots and references of collectors. No object has this name.
var consultation = gc.Node{Key: "\x00consultation"}

// Consult adds the resources of collectors and their references to the graph, until Dismiss. db is the state to which
// the graph has followed. Consult returns objects that have become reachable thereby, and perhaps others.
func (l *Live) Consult(db memkv.Frozen, c *Collectors) (reached []gc.Node) {
	t := l.tracker
	owner := t.Intern(consultation)
	t.Root(owner, gc.Reason{})
	pending := slices.Clone(c.Nodes) // resources with unknown references
	for n := range l.resources {
		if _, known := t.Lookup(n); known {
			pending = append(pending, n)
		} else {
			delete(l.resources, n) // no record refers to it any more
		}
	}
	intern := func(n gc.Node) gc.ID {
		if n.Type >= rules.ResourceEnd {
			pending = append(pending, n)
		}
		return t.Intern(n)
	}
	var lease gc.ID
	hold := func(n gc.Node) { t.Claim(owner, lease, intern(n)) }
	root := func(n gc.Node) { t.Claim(owner, owner, intern(n)) }
	refer := func(from, to gc.Node) { t.Claim(owner, intern(from), intern(to)) }
	v1, _ := db.Bucket(schema.KeyVersion1)
	for namespace := range buckets(v1) {
		if leases := l.leases[namespace]; leases != nil && c.Leased != nil {
			leases.Scan(func(name string, id gc.ID) bool {
				lease = id
				c.Leased(namespace, name, hold)
				return true
			})
		}
		if c.Active != nil {
			c.Active(namespace, root, refer)
		}
	}
	for followed := map[gc.Node]bool{}; ; {
		for _, id := range t.Settle() {
			reached = append(reached, t.Node(id))
		}
		waiting := pending
		pending = nil
		done := true
		for _, n := range waiting {
			switch {
			case c.Follow == nil || followed[n]:
			case l.Reaches(n):
				followed[n], done = true, false
				from := t.Intern(n)
				c.Follow(n, func(to gc.Node) { t.Claim(owner, from, intern(to)) })
			default:
				pending = append(pending, n)
			}
		}
		if done {
			return reached
		}
	}
}

// Dismiss takes back the statements of Consult.
func (l *Live) Dismiss() {
	if l.tracker == nil {
		return
	}
	if owner, ok := l.tracker.Lookup(consultation); ok {
		l.tracker.Withdraw(owner)
		l.tracker.Settle()
	}
}

package oracle

import (
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
)

// check compares what a call came to with what it should have.
func (o *Oracle) check(c *waiting, r engine.Result) *Problem {
	if c.risky && r.Code != c.out.code {
		if len(c.out.changes) == 0 && c.waited {
			return nil // it may have done before what now is no news
		}
		if r.Code == engine.OK {
			return problem(ruleResult, "%s: ok instead of %s", c.op, c.out.code)
		}
		return o.settle(c, r.Code != engine.Pending)
	}
	switch {
	case r.Code == c.out.code:
	case c.out.loose && r.Code != engine.OK:
		return o.untouched(c, r)
	default:
		return problem(ruleResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	}
	return o.happened(c, r)
}

// happened holds the changes of a call against what is stored, and makes them.
func (o *Oracle) happened(c *waiting, r engine.Result) *Problem {
	if len(c.out.changes) == 0 {
		return nil
	}
	all, ns := o.root(), o.nsOf(c)
	for _, ch := range c.out.changes {
		if !o.isAfter(all, ns, ch) {
			if c.unseen {
				return o.untouched(c, r) // it was done while it changed nothing
			}
			return problem(ruleEffect, "%s: %s, but %s/%s is not as it should be then", c.op, r.Code, ns, ch.key)
		}
	}
	o.make(c)
	return nil
}

// untouched checks that a call that failed left everything as it was.
func (o *Oracle) untouched(c *waiting, r engine.Result) *Problem {
	all, ns := o.root(), o.nsOf(c)
	for _, ch := range c.out.changes {
		if !o.isBefore(all, ns, ch) {
			return problem(ruleEffect, "%s: %s, but it changed %s/%s", c.op, r.Code, ns, ch.key)
		}
	}
	o.doubt(c)
	return nil
}

// settle finds out whether a call of which one can't know has changed what it would, all of it or nothing. One that is
// not over, and would leave what is stored as it is, may be yet to come.
func (o *Oracle) settle(c *waiting, over bool) *Problem {
	if c.done {
		return nil
	}
	if len(c.out.changes) == 0 {
		c.unseen = c.unseen || !over
		return nil
	}
	all, ns := o.root(), o.nsOf(c)
	before, after := true, true
	for _, ch := range c.out.changes {
		before = before && o.isBefore(all, ns, ch)
		after = after && o.isAfter(all, ns, ch)
	}
	switch {
	case after && (over || !before):
		o.make(c)
	case !before:
		return problem(ruleHalf, "%s: some of it", c.op)
	default:
		c.unseen = c.unseen || after
		o.doubt(c)
	}
	return nil
}

// doubt notes which snapshots the backend may know by another name than the metadata does.
func (o *Oracle) doubt(c *waiting) {
	if c.op.Name != "snapshots.commit" {
		return
	}
	o.leftover = true
	for _, ch := range c.out.changes {
		if old := o.get(c.op, ch.key); old != nil && ch.key.kind == snapshot {
			old.shaky = true
		}
	}
}

func (o *Oracle) nsOf(c *waiting) string {
	if c.out.ns != "" {
		return c.out.ns
	}
	return c.op.NS
}

// make changes the model as a call changed the database.
func (o *Oracle) make(c *waiting) {
	c.done = true
	ns := o.nsOf(c)
	for _, ch := range c.out.changes {
		if ch.held == nil && ch.child == "" {
			o.put(c.op.Tx, ns, ch.key, ch.after)
			continue
		}
		at := o.space(ns).slot(ch.key)
		if at.object == nil {
			continue // a transaction that is open has removed it
		}
		if len(o.transactions) > 0 { // some may still see it
			o.put(c.op.Tx, ns, ch.key, at.object.apart())
		}
		at.said = nil
		at.object.entail(ch)
	}
}

// entail changes what an object holds, or which children it has.
func (o *object) entail(ch change) {
	o.seen = memkv.Identity{}
	switch {
	case ch.held != nil && ch.gone:
		delete(o.held, *ch.held)
	case ch.held != nil:
		o.held[*ch.held] = true
	case ch.gone:
		delete(o.children, ch.child)
	case o.children == nil:
		o.children = map[string]bool{ch.child: true}
	default:
		o.children[ch.child] = true
	}
}

// isAfter reports whether what is stored is as a change makes it.
func (o *Oracle) isAfter(all memkv.Frozen, ns string, ch change) bool {
	record, ok := find(all, ns, ch.key)
	switch {
	case ch.held != nil:
		return ok && holds(record, *ch.held) != ch.gone
	case ch.child != "":
		children, _ := record.Bucket("children")
		return ok && present(children, ch.child) != ch.gone
	case ch.after == nil:
		return !ok
	}
	if ok && ch.times != nil {
		begun := decode(ch.key, record).expireAt.Add(-ingestLifetime)
		if slices.ContainsFunc(ch.times, begun.Equal) {
			ch.after.expireAt = begun.Add(ingestLifetime)
		}
	}
	if ok && ch.shares {
		old := o.seen("", ns, ch.key)
		stored := string(record.Get("expected"))
		if stored == "" && (old == nil || old.expected == "") || old != nil && stored == old.expected {
			ch.after.expected = stored
		}
	}
	return ok && ch.after.same(ch.key, record)
}

// ingestLifetime is after how long an ingest is given up that no lease holds.
const ingestLifetime = 24 * time.Hour

// isBefore reports whether what is stored is as it was before a change.
func (o *Oracle) isBefore(all memkv.Frozen, ns string, ch change) bool {
	old := o.seen("", ns, ch.key)
	record, ok := find(all, ns, ch.key)
	switch {
	case ok != (old != nil):
		return false
	case !ok:
		return true
	case ch.held != nil:
		return holds(record, *ch.held) == old.held[*ch.held]
	case ch.child != "":
		children, _ := record.Bucket("children")
		return present(children, ch.child) == old.children[ch.child]
	}
	return old.same(ch.key, record)
}

package oracle

import (
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
)

// check compares the result and the effect of a call with the expected outcome, and applies the changes to the model.
func (o *Oracle) check(c *call, r engine.Result) *Problem {
	if c.uncertain && r.Code != c.out.code {
		if len(c.out.changes) == 0 && c.suspended {
			return nil // it may have run before, with another outcome
		}
		if r.Code == op.OK {
			return problem(WrongResult, "%s: ok instead of %s", c.op, c.out.code)
		}
		return o.resolve(c, r.Code != op.Pending)
	}
	switch {
	case r.Code == c.out.code:
	case c.out.mayFail && r.Code != op.OK:
		return o.checkUntouched(c, r)
	default:
		return problem(WrongResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	}
	return o.checkApplied(c, r)
}

// checkApplied checks that all changes of a successful call are stored, and applies them to the model.
func (o *Oracle) checkApplied(c *call, r engine.Result) *Problem {
	if len(c.out.changes) == 0 {
		return nil
	}
	all, ns := o.root(), o.nsOf(c)
	for _, ch := range c.out.changes {
		if !o.isAfter(all, ns, ch) {
			if c.maybeNoop {
				return o.checkUntouched(c, r) // it may have run when it had nothing to change
			}
			return problem(WrongEffect, "%s: %s, but %s/%s is not as it should be then", c.op, r.Code, ns, ch.key)
		}
	}
	o.apply(c)
	return nil
}

// checkUntouched checks that a failed call changed nothing.
func (o *Oracle) checkUntouched(c *call, r engine.Result) *Problem {
	all, ns := o.root(), o.nsOf(c)
	for _, ch := range c.out.changes {
		if !o.isBefore(all, ns, ch) {
			return problem(FailedCallChanged, "%s: %s, but it changed %s/%s", c.op, r.Code, ns, ch.key)
		}
	}
	o.markUnknown(c)
	return nil
}

// resolve decides whether an uncertain call was applied, from the stored records: all of its changes are there, or
// none. over reports that the call has ended; if it has not and nothing is stored yet, it may still be applied later.
func (o *Oracle) resolve(c *call, over bool) *Problem {
	if c.applied {
		return nil
	}
	if len(c.out.changes) == 0 {
		c.maybeNoop = c.maybeNoop || !over
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
		o.apply(c)
	case !before:
		return problem(PartialCall, "%s: some of it", c.op)
	default:
		c.maybeNoop = c.maybeNoop || after
		o.markUnknown(c)
	}
	return nil
}

// markUnknown notes that a failed commit may have renamed a snapshot in the backend.
func (o *Oracle) markUnknown(c *call) {
	if c.op.Name != op.SnapshotsCommit {
		return
	}
	o.leftovers = true
	for _, ch := range c.out.changes {
		if old := o.get(c.op, ch.key); old != nil && ch.key.kind == snapshot {
			old.backendUnknown = true
		}
	}
}

// nsOf returns the namespace that a call changes.
func (o *Oracle) nsOf(c *call) string {
	if c.out.ns != "" {
		return c.out.ns
	}
	return c.op.NS
}

// apply applies the changes of a call to the model.
func (o *Oracle) apply(c *call) {
	c.applied = true
	ns := o.nsOf(c)
	for _, ch := range c.out.changes {
		if ch.held == nil && ch.child == "" {
			o.put(c.op.Tx, ns, ch.key, ch.after)
			continue
		}
		at := o.space(ns).slot(ch.key)
		if at.object == nil {
			continue // an open transaction has removed it
		}
		if len(o.transactions) > 0 { // an open transaction may still see the old object
			o.put(c.op.Tx, ns, ch.key, at.object.clone())
		}
		at.dropLinks()
		at.object.applyChange(ch)
	}
}

// applyChange changes the resources that a lease holds, or the children of a snapshot.
func (o *object) applyChange(ch change) {
	o.checked = memkv.Identity{}
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

// isAfter reports whether the stored record has the change. If the oracle cannot predict a detail, such as the expiry
// of an ingest, it accepts each possible value and stores the actual one in the change.
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
		old := o.visible("", ns, ch.key)
		stored := string(record.Get("expected"))
		if stored == "" && (old == nil || old.expected == "") || old != nil && stored == old.expected {
			ch.after.expected = stored
		}
	}
	return ok && ch.after.matchesFields(ch.key, record)
}

// ingestLifetime is the time after which an ingest without a lease expires.
const ingestLifetime = 24 * time.Hour

// isBefore reports whether the stored record is as it was before the change.
func (o *Oracle) isBefore(all memkv.Frozen, ns string, ch change) bool {
	old := o.visible("", ns, ch.key)
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
	return old.matchesFields(ch.key, record)
}

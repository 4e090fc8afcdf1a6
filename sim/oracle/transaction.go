package oracle

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
)

// A transaction is one that Ops began. The model is what the one that writes makes it; was tells what others see.
type transaction struct {
	name     string
	writable bool

	// was has what was there before by all names that were changed since: by the transaction itself, if it writes,
	// and otherwise by whomever.
	before map[place]*object
	// unknown says that the model can't know what it changed, or sees: a call that took part in it failed nonAtomic,
	// or is none that the model knows.
	unknown bool
}

// place is a name of an object.
type place struct {
	ns string
	key
}

// seen returns the object of that name which an Op in that transaction sees, or one in none; nil if there is none.
func (o *Oracle) visible(tx, ns string, k key) *object {
	t := o.transactions[tx]
	if tx == "" {
		t = o.writeTx
	}
	if t != nil && (tx == "" || !t.writable) {
		if was, changed := t.before[place{ns, k}]; changed {
			return was
		}
	}
	return o.space(ns).get(k)
}

// put changes the model: the object of a name to another, or to none.
func (o *Oracle) put(tx, ns string, k key, after *object) {
	s, at := o.space(ns), place{ns, k}
	for _, t := range o.transactions {
		if t.writable && t.name != tx {
			continue // nobody else writes while it is open
		}
		if _, known := t.before[at]; !known {
			t.before[at] = s.get(k)
		}
	}
	if after == nil {
		s.remove(k)
	} else {
		s.set(k, after)
	}
}

// expectInTransaction is the outcome of an Op that takes part in a transaction, or that should.
func (o *Oracle) expectInTransaction(c *call, expect func(*Oracle, engine.Op) outcome) outcome {
	t := o.transactions[c.op.Tx]
	switch {
	case t == nil && expect != nil:
		return resultOf(notFound)
	case t == nil || t.unknown || expect == nil || !modelled(c.op.Name):
		return outcome{ignored: true, unmodelled: changesDatabase(c.op.Name)}
	}
	for _, other := range o.calls {
		if other != c && other.op.Tx == t.name { // who knows how far it has come
			t.unknown = true
		}
	}
	out := expect(o, c.op)
	if !t.writable && len(out.changes) > 0 {
		return outcome{ignored: true}
	}
	out.mayFail = out.mayFail || !t.writable && c.op.Name != "images.get" // the backends are as they are now
	return out
}

// modelled reports whether the model knows what an Op does that takes part in a transaction.
func modelled(name string) bool {
	store, call, _ := strings.Cut(name, ".")
	switch store {
	case "images", "containers", "sandboxes", "leases", "snapshots":
		return true
	case "content":
		return call != "abort"
	}
	return false
}

// nonAtomic are the calls that can fail after they changed something, which then is for the end of the transaction to undo.
var nonAtomic = map[string]bool{"snapshots.prepare": true, "snapshots.view": true, "snapshots.commit": true}

// took checks what an Op came to that takes part in a transaction. What it changed, only the end of that shows.
func (o *Oracle) checkInTransaction(c *call, r engine.Result) *Problem {
	t := o.transactions[c.op.Tx]
	switch {
	case r.Code == engine.Pending || t == nil && (c.suspended || r.Code == c.out.code || c.uncertain):
	case c.out.unmodelled || c.out.ignored:
		if t != nil && t.writable {
			t.unknown = t.unknown || c.out.unmodelled
		}
	case r.Code == c.out.code:
		o.apply(c)
		t.unknown = t.unknown || r.Code != engine.OK && nonAtomic[c.op.Name]
	case r.Code != engine.OK && (c.uncertain || c.out.mayFail):
		t.unknown = t.unknown || t.writable
	default:
		return problem(WrongResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	}
	return nil
}

// began notes a transaction that was begun.
func (o *Oracle) beginTransaction(a engine.TxBegin) {
	t := &transaction{name: a.Name, writable: a.Writable, before: map[place]*object{}}
	if t.writable {
		o.writeTx = t
	} else if o.writeTx != nil {
		for at, was := range o.writeTx.before {
			t.before[at] = was
		}
	}
	o.transactions[t.name] = t
}

// expectEnd is the outcome of the end of a transaction.
func expectEnd(o *Oracle, op engine.Op) outcome {
	name := args[engine.Named](op).Name
	out := found(o.transactions[name] != nil)
	for _, c := range o.calls {
		out.mayFail = out.mayFail || c.op.Tx == name // it must end first
	}
	return out
}

// ending checks the end of a transaction, as far as it has come.
func (o *Oracle) checkEnd(c *call, r engine.Result) *Problem {
	t := o.transactions[args[engine.Named](c.op).Name]
	switch {
	case t == nil && r.Code == c.out.code || c.out.mayFail && r.Code == precondition:
		return nil
	case r.Code != c.out.code && !c.uncertain:
		return problem(WrongResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	case t == nil || r.Code == engine.Pending && !o.committed(t):
		return nil
	}
	committed, rolledBack := r.Code == engine.OK && c.op.Name == "tx.commit", r.Code == engine.OK && c.op.Name == "tx.rollback"
	return o.end(t, committed, rolledBack)
}

// endAll ends all transactions, as the death of the daemon does.
func (o *Oracle) endAll() (p *Problem) {
	for _, t := range o.transactions {
		committing := false
		for _, c := range o.calls {
			committing = committing || c.op.Name == "tx.commit" && args[engine.Named](c.op).Name == t.name
		}
		if ended := o.end(t, false, !committing); p == nil {
			p = ended
		}
	}
	return p
}

// end ends a transaction that was committed, or rolled back, or of which only what is stored tells which it was.
func (o *Oracle) end(t *transaction, committed, rolledBack bool) *Problem {
	delete(o.transactions, t.name)
	if !t.writable {
		return nil
	}
	o.writeTx = nil
	if !committed && !rolledBack {
		committed = t.unknown || o.firstDifference(t.before) != ""
	}
	switch {
	case committed && t.unknown:
		o.modelStale = true
		return nil
	case committed:
		if at := o.firstDifference(t.current(o)); at != "" {
			return problem(WrongEffect, "transaction %q was committed, but %s is not as it should be then", t.name, at)
		}
		return nil
	}
	o.leftovers = true
	if at := o.firstDifference(t.before); at != "" {
		return problem(WrongEffect, "transaction %q was rolled back, but %s is not as it was", t.name, at)
	}
	for at, was := range t.before {
		if was != nil && at.kind == snapshot {
			was.backendUnknown = true // the backend took no part in that
		}
		o.put(t.name, at.ns, at.key, was)
	}
	return nil
}

// committed reports whether a transaction that has not ended yet is committed.
func (o *Oracle) committed(t *transaction) bool {
	return t.writable && !t.unknown && o.firstDifference(t.before) != "" && o.firstDifference(t.current(o)) == ""
}

// now returns what the model has by the names that the transaction changed.
func (t *transaction) current(o *Oracle) map[place]*object {
	all := map[place]*object{}
	for at := range t.before {
		all[at] = o.space(at.ns).get(at.key)
	}
	return all
}

// firstDifference returns the first name by which something else is stored than those objects, or "".
func (o *Oracle) firstDifference(objects map[place]*object) string {
	root := o.root()
	var names []string
	for at, want := range objects {
		if record, there := find(root, at.ns, at.key); there != (want != nil) || there && !want.matches(at.key, record) {
			names = append(names, at.ns+"/"+at.key.String())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

package oracle

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A transaction is an open transaction of a caller. The model has the changes of the writable one; before gives
// everybody else the committed objects.
//
// Invariants: before has an entry for each name that was changed since the transaction began: by the transaction itself
// if it is writable, by others if not. A nil entry stands for an object that did not exist.
type transaction struct {
	name     string
	writable bool

	before map[place]*object
	// unknown reports that the model cannot predict the changes or the view of the transaction: a call in it failed in
	// part, or is not modelled.
	unknown bool
}

// A place is a name in a namespace.
type place struct {
	ns string
	key
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.ns, b.ns), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
}

// visible returns the object that an Op sees in that transaction, or in none if tx is "". It returns nil if there is no
// object.
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

// put sets the object of a name in the model, or removes it if after is nil. It saves the old object for each
// transaction that must not see the change.
func (o *Oracle) put(tx, ns string, k key, after *object) {
	s, at := o.space(ns), place{ns, k}
	for _, t := range o.transactions {
		if t.writable && t.name != tx {
			continue // nobody else writes while a writable transaction is open
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

// expectInTransaction returns the outcome of an Op that names a transaction.
func (o *Oracle) expectInTransaction(c *call, expect func(*Oracle, engine.Op) outcome) outcome {
	t := o.transactions[c.op.Tx]
	switch {
	case t == nil && expect != nil:
		return resultOf(notFound)
	case t == nil || t.unknown || expect == nil || !modelled(c.op.Name):
		return outcome{ignored: true, unmodelled: changesDatabase(c.op.Name)}
	}
	for _, other := range o.calls {
		if other != c && other.op.Tx == t.name { // its progress is unknown
			t.unknown = true
		}
	}
	out := expect(o, c.op)
	if !t.writable && len(out.changes) > 0 {
		return outcome{ignored: true}
	}
	out.mayFail = out.mayFail || !t.writable && c.op.Name != op.ImagesGet // backends have no old state for readers
	return out
}

// modelled reports whether the model predicts an Op within a transaction.
func modelled(name op.Name) bool {
	switch name.Group() {
	case "images", "containers", "sandboxes", "leases", "snapshots":
		return true
	case "content":
		return name != op.ContentAbort
	}
	return false
}

// nonAtomic are the calls that may fail after they changed something. The end of the transaction decides about the
// change.
var nonAtomic = map[op.Name]bool{op.SnapshotsPrepare: true, op.SnapshotsView: true, op.SnapshotsCommit: true}

// checkInTransaction checks the result of an Op in a transaction. Its effect is checked at the end of the transaction.
func (o *Oracle) checkInTransaction(c *call, r engine.Result) *Problem {
	t := o.transactions[c.op.Tx]
	switch {
	case r.Code == op.Pending || t == nil && (c.suspended || r.Code == c.out.code || c.uncertain):
	case c.out.unmodelled || c.out.ignored:
		if t != nil && t.writable {
			t.unknown = t.unknown || c.out.unmodelled
		}
	case r.Code == c.out.code:
		o.apply(c)
		t.unknown = t.unknown || r.Code != op.OK && nonAtomic[c.op.Name]
	case r.Code != op.OK && (c.uncertain || c.out.mayFail):
		t.unknown = t.unknown || t.writable
	default:
		return problem(WrongResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	}
	return nil
}

// beginTransaction adds a transaction that was begun.
func (o *Oracle) beginTransaction(a op.TxBeginArgs) {
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

// expectEnd returns the outcome of a commit or rollback.
func expectEnd(o *Oracle, request engine.Op) outcome {
	name := args[op.Named](request).Name
	out := found(o.transactions[name] != nil)
	for _, c := range o.calls {
		out.mayFail = out.mayFail || c.op.Tx == name // a call in the transaction must end first
	}
	return out
}

// checkEnd checks the end of a transaction. The commit or rollback may still be suspended.
func (o *Oracle) checkEnd(c *call, r engine.Result) *Problem {
	t := o.transactions[args[op.Named](c.op).Name]
	switch {
	case t == nil && r.Code == c.out.code || c.out.mayFail && r.Code == precondition:
		return nil
	case t != nil && r.Code == notFound && o.ending(t):
		return nil // its end has begun, and may still be suspended
	case r.Code != c.out.code && !c.uncertain:
		return problem(WrongResult, "%s: %s instead of %s (%s)", c.op, r.Code, c.out.code, r.Error)
	case t == nil || r.Code == op.Pending && !o.committed(t):
		return nil
	}
	committed, rolledBack := r.Code == op.OK && c.op.Name == op.TxCommit, r.Code == op.OK && c.op.Name == op.TxRollback
	return o.end(t, committed, rolledBack)
}

// endAll ends all transactions when the daemon dies.
func (o *Oracle) endAll() (p *Problem) {
	for _, t := range o.transactions {
		if ended := o.end(t, false, !o.suspended(t, op.TxCommit)); p == nil {
			p = ended
		}
	}
	return p
}

// ending reports whether a commit or rollback of a transaction is suspended.
func (o *Oracle) ending(t *transaction) bool {
	return o.suspended(t, op.TxCommit) || o.suspended(t, op.TxRollback)
}

// suspended reports whether a suspended call ends a transaction in that way.
func (o *Oracle) suspended(t *transaction, end op.Name) bool {
	for _, c := range o.calls {
		if c.op.Name == end && args[op.Named](c.op).Name == t.name {
			return true
		}
	}
	return false
}

// end ends a transaction that was committed or rolled back. If neither is known, the stored records decide.
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
			was.backendUnknown = true // a rollback does not undo the backend's part
		}
		o.put(t.name, at.ns, at.key, was)
	}
	return nil
}

// committed reports whether a transaction without a result is committed already.
func (o *Oracle) committed(t *transaction) bool {
	return t.writable && !t.unknown && o.firstDifference(t.before) != "" && o.firstDifference(t.current(o)) == ""
}

// current returns the model's objects of all names that the transaction changed.
func (t *transaction) current(o *Oracle) map[place]*object {
	all := map[place]*object{}
	for at := range t.before {
		all[at] = o.space(at.ns).get(at.key)
	}
	return all
}

// firstDifference returns the first name that has a record different from these objects, or "".
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

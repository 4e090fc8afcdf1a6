package proptest

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// An ingestUse is a writer and its ingest.
type ingestUse struct{ writer, ns, ref string }

// overlaps reports whether an Op uses a writer, or opens an ingest, that a suspended call uses. The oracle cannot
// predict whether the ingest is still locked.
func (w *monitor) overlaps(o engine.Op) bool {
	name := writerOf(o)
	for _, b := range w.busy {
		a, opens := o.Args.(op.WritersOpenArgs)
		if name != "" && b.writer == name || opens && o.NS == b.ns && a.Ref == b.ref {
			return true
		}
	}
	return false
}

// trackWaiting follows the suspended calls, and counts results.
func (w *monitor) trackWaiting(o engine.Op, r engine.Result) {
	w.trial.mark("result: " + string(r.Code))
	name := writerOf(o)
	if a, ok := o.Args.(op.WritersOpenArgs); ok && r.Code != op.AlreadyExists {
		w.refs[name] = ingestUse{name, o.NS, a.Ref}
	}
	a, _ := o.Args.(op.Named)
	switch {
	case r.Code == op.Pending && o.Call != "":
		w.waiting[o.Call] = true
	case o.Name == op.CallsAbandon, o.Name == op.CallsResume && r.Code != op.Pending:
		delete(w.waiting, a.Name)
	}
	switch {
	case r.Code == op.Pending && name != "":
		w.busy[o.Call] = w.refs[name]
	case o.Name == op.CallsResume && r.Code != op.Pending:
		delete(w.busy, a.Name)
	case o.Name == op.NodeCrash:
		clear(w.busy)
	}
}

// writerOf returns the name of the writer that an Op opens or uses, or "".
func writerOf(o engine.Op) string {
	switch a := o.Args.(type) {
	case op.WritersOpenArgs:
		return a.Name
	case op.WritersWriteArgs:
		return a.Name
	case op.WritersCommitArgs:
		return a.Name
	case op.Named:
		if o.Name == op.WritersClose {
			return a.Name
		}
	}
	return ""
}

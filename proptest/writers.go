package proptest

import "github.com/holdfast-gc/holdfast/engine"

// An ingestUse is a writer and its ingest.
type ingestUse struct{ writer, ns, ref string }

// overlaps reports whether an Op uses a writer, or opens an ingest, that a suspended call uses. The oracle cannot
// predict whether the ingest is still locked.
func (w *monitor) overlaps(op engine.Op) bool {
	name := writerOf(op)
	for _, b := range w.busy {
		a, opens := op.Args.(engine.WriterOpen)
		if name != "" && b.writer == name || opens && op.NS == b.ns && a.Ref == b.ref {
			return true
		}
	}
	return false
}

// trackWaiting follows the suspended calls, and counts results.
func (w *monitor) trackWaiting(op engine.Op, r engine.Result) {
	w.trial.mark("result: " + string(r.Code))
	name := writerOf(op)
	if a, ok := op.Args.(engine.WriterOpen); ok && r.Code != "already_exists" {
		w.refs[name] = ingestUse{name, op.NS, a.Ref}
	}
	a, _ := op.Args.(engine.Named)
	switch {
	case r.Code == engine.Pending && op.Call != "":
		w.waiting[op.Call] = true
	case op.Name == "calls.abandon", op.Name == "calls.resume" && r.Code != engine.Pending:
		delete(w.waiting, a.Name)
	}
	switch {
	case r.Code == engine.Pending && name != "":
		w.busy[op.Call] = w.refs[name]
	case op.Name == "calls.resume" && r.Code != engine.Pending:
		delete(w.busy, a.Name)
	case op.Name == "node.crash":
		clear(w.busy)
	}
}

// writerOf returns the name of the writer that an Op opens or uses, or "".
func writerOf(op engine.Op) string {
	switch a := op.Args.(type) {
	case engine.WriterOpen:
		return a.Name
	case engine.WriterWrite:
		return a.Name
	case engine.WriterCommit:
		return a.Name
	case engine.Named:
		if op.Name == "writers.close" {
			return a.Name
		}
	}
	return ""
}

package proptest

import "github.com/holdfast-gc/holdfast/engine"

// overlaps reports whether an Op is one on a writer of which another call waits.
func (w *watched) overlaps(op engine.Op) bool {
	name := writerOf(op)
	for _, busy := range w.busy {
		if name != "" && busy == name {
			return true
		}
	}
	return false
}

// follow notes which calls of writers wait, and what came about.
func (w *watched) follow(op engine.Op, r engine.Result) {
	w.trial.mark("result: " + string(r.Code))
	name := writerOf(op)
	switch a, _ := op.Args.(engine.Named); {
	case r.Code == engine.Pending && name != "":
		w.busy[op.Call] = name
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

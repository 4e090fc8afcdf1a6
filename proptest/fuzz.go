package proptest

import (
	"testing"

	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// Fuzz checks the laws with "go test -fuzz". The fuzzer chooses the law, the seed and the length of a history, and an
// edit: each byte keeps, removes or repeats an Op of the history, or moves it to the end. An unknown law is an error.
func Fuzz(f *testing.F, new New, opts ...Option) {
	o := optionsOf(opts)
	if err := knownLaws(o.laws); err != nil {
		f.Fatal(err)
	}
	laws := o.selected()
	tr := &trial{new: new, mark: func(string) {}, around: o.around}
	if err := tr.probe(); err != nil {
		f.Fatal(err)
	}
	for i := range laws {
		f.Add(uint8(i), o.seed+int64(i), uint8(10+i), []byte{0, 0, 1, 0, 2, 0, 3})
	}
	f.Fuzz(func(t *testing.T, law uint8, seed int64, size uint8, edit []byte) {
		l := laws[int(law)%len(laws)]
		if l.absent(tr.promises) != "" {
			return
		}
		p := gopter.DefaultGenParameters().CloneWithSeed(seed).WithSize(int(size))
		h := edited(l.draw(tr.promises, p), edit)
		b := tr.try(l, h)
		if b == nil {
			return
		}
		report := &Report{labels: labels{}}
		c := &lawCheck{Law: l, options: o, report: report, trial: tr, found: b, history: h}
		failure := c.failure()
		t.Errorf("%s\n%s", failure, failure.Test())
	})
}

// draw draws one history for the law.
func (l Law) draw(promises map[Promise]bool, p *gopter.GenParameters) generate.History {
	if l.sorts != 0 {
		return generate.ChanceOf(p).History(allowed(l.sorts, promises))
	}
	h, _ := l.histories(promises)(p).Retrieve()
	return h.(generate.History)
}

// edited applies an edit to a history: for each Op, 0 keeps it, 1 removes it, 2 repeats it, and 3 moves it to the end.
func edited(h generate.History, edit []byte) generate.History {
	var ops, last []engine.Op
	for i, op := range h.Ops {
		kind := byte(0)
		if i < len(edit) {
			kind = edit[i] % 4
		}
		switch kind {
		case 0:
			ops = append(ops, op)
		case 2:
			ops = append(ops, op, op)
		case 3:
			last = append(last, op)
		}
	}
	h.Ops = append(ops, last...)
	return h
}

package proptest

import (
	"testing"

	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// Fuzz is Run for "go test -fuzz": what the fuzzer changes is which law is tried, the seed of a history, how long it is, and
// then an edit of the history, by which it finds its way: each byte leaves an Op out, repeats it, or moves it to the end.
func Fuzz(f *testing.F, new New, opts ...Option) {
	o := optionsOf(opts)
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

// draw draws one history of those that a law is held against.
func (l Law) draw(promises map[Promise]bool, p *gopter.GenParameters) generate.History {
	if l.sorts != 0 {
		return generate.ChanceOf(p).History(allowed(l.sorts, promises))
	}
	h, _ := l.histories(promises)(p).Retrieve()
	return h.(generate.History)
}

// edited returns a history with an edit for each of its Ops: 1 leaves it out, 2 repeats it, 3 moves it to the end.
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

package proptest

import (
	"bytes"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// saved returns the bolt file of a system.
func saved(s System) []byte {
	var file bytes.Buffer
	if err := s.(Saver).Save(&file); err != nil {
		panic(systemError{err})
	}
	return file.Bytes()
}

func checkDump(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	loaded := t.own(s.(Saver).Load(bytes.NewReader(saved(s))))
	if a, b := dump(stateOf(s).Metadata), dump(stateOf(loaded).Metadata); a != b {
		return newViolation("loaded is not what was saved", "%s", difference(a, b))
	}
	again := t.own(s.(Saver).Load(bytes.NewReader(saved(loaded))))
	if a, b := dump(stateOf(s).Metadata), dump(stateOf(again).Metadata); a != b {
		return newViolation("saved twice is not what was saved once", "%s", difference(a, b))
	}
	return nil
}

func checkBoltFile(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	file := saved(s)
	db, err := boltfile.ReadBytes(file)
	if err != nil {
		return newViolation("the file can't be read", "%v", err)
	}
	if a, b := dump(stateOf(s).Metadata), dump(db); a != b {
		return newViolation("the file is not what is stored", "%s", difference(a, b))
	}
	loaded := t.own(s.(Saver).Load(bytes.NewReader(file)))
	closeWriters(s, h.Ops)
	return sameAfterCollection(t, s, loaded, "started from its file")
}

// checkFork makes the second half of the calls to a fork, and then to the original.
func checkFork(t *trial, h generate.History) *violation {
	half := len(h.Ops) / 2
	s := t.replay(h.Setup, h.Ops[:half])
	closeWriters(s, h.Ops[:half])
	fork := t.own(s.(Forker).Fork())
	if a, b := stateOf(s), stateOf(fork); a.Metadata.Hash() != b.Metadata.Hash() || a.Content.Hash() != b.Content.Hash() {
		return newViolation("a fork is something else", "%s", difference(dump(a.Metadata), dump(b.Metadata)))
	}
	before, content := dump(stateOf(s).Metadata), stateOf(s).Content.Hash()
	var codes []engine.Code
	for _, op := range h.Ops[half:] {
		codes = append(codes, fork.Apply(op).Code)
	}
	if after := dump(stateOf(s).Metadata); after != before || stateOf(s).Content.Hash() != content {
		return newViolation("what happens on a fork shows on the original", "%s", difference(before, after))
	}
	end := dump(stateOf(fork).Metadata)
	for i, op := range h.Ops[half:] {
		if code := s.Apply(op).Code; code != codes[i] {
			return newViolation("a fork behaves differently", "%s: %s, on the fork %s", op, code, codes[i])
		}
	}
	if after := dump(stateOf(fork).Metadata); after != end {
		return newViolation("what happens on the original shows on a fork", "%s", difference(end, after))
	}
	if a, b := dump(stateOf(s).Metadata), end; a != b {
		return newViolation("a fork comes to something else", "%s", difference(a, b))
	}
	for _, name := range h.Setup.Snapshotters {
		if stateOf(s).Snapshots[name].Hash() != stateOf(fork).Snapshots[name].Hash() {
			return newViolation("a fork's backend comes to something else", "%s", name)
		}
	}
	return nil
}

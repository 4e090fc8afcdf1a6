package proptest

import (
	"bytes"
	"context"
	"encoding/binary"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine/op"
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

// checkDump saves and loads a database twice, and compares it with the original.
func checkDump(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	loaded := t.own(s.(Saver).Load(bytes.NewReader(saved(s))))
	if a, b := dump(stateOf(s).Metadata), dump(stateOf(loaded).Metadata); a != b {
		return newViolation("the loaded database differs from the original", "%s", difference(a, b))
	}
	again := t.own(s.(Saver).Load(bytes.NewReader(saved(loaded))))
	if a, b := dump(stateOf(s).Metadata), dump(stateOf(again).Metadata); a != b {
		return newViolation("the database loaded from a second copy differs from the original", "%s", difference(a, b))
	}
	return nil
}

// checkBoltFile compares the saved file with the database, and a collection on the original with a collection on a
// system loaded from the file.
func checkBoltFile(t *trial, h generate.History) *violation {
	s := t.replay(h.Setup, h.Ops)
	file := saved(s)
	db, err := boltfile.ReadBytes(file)
	if err != nil {
		return newViolation("the file can't be read", "%v", err)
	}
	if a, b := dump(stateOf(s).Metadata), dump(db); a != b {
		return newViolation("the file differs from the database", "%s", difference(a, b))
	}
	loaded := t.own(s.(Saver).Load(bytes.NewReader(file)))
	state, all := stateOf(loaded), objectsOf(loaded)
	for _, o := range sorted(all) {
		if (o.kind == kindContent || o.kind == kindSnapshot) && !held(state, o, all[o]) {
			return newViolation("a backend lacks data after a start from the file: "+string(o.kind), "%s", o)
		}
		if o.kind != kindContent {
			continue
		}
		info, _ := state.Content.Info(context.Background(), digest.Digest(o.name))
		if size, _ := binary.Varint(all[o].Get("size")); info.Size != size {
			return newViolation("a backend has another size after a start from the file", "%s: %d and not %d", o, info.Size, size)
		}
	}
	closeWriters(s, h.Ops)
	return sameAfterCollection(t, s, loaded, "started from its file")
}

// checkFork makes the second half of the calls on a fork, and then on the original, and compares the two.
func checkFork(t *trial, h generate.History) *violation {
	half := len(h.Ops) / 2
	s := t.replay(h.Setup, h.Ops[:half])
	closeWriters(s, h.Ops[:half])
	fork := t.own(s.(Forker).Fork())
	if a, b := stateOf(s), stateOf(fork); a.Metadata.Hash() != b.Metadata.Hash() || a.Content.Hash() != b.Content.Hash() {
		return newViolation("a new fork differs from the original", "%s", difference(dump(a.Metadata), dump(b.Metadata)))
	}
	before, content := dump(stateOf(s).Metadata), stateOf(s).Content.Hash()
	var codes []op.Code
	for _, op := range h.Ops[half:] {
		codes = append(codes, fork.Apply(op).Code)
	}
	if after := dump(stateOf(s).Metadata); after != before || stateOf(s).Content.Hash() != content {
		return newViolation("calls on a fork changed the original", "%s", difference(before, after))
	}
	end := dump(stateOf(fork).Metadata)
	for i, op := range h.Ops[half:] {
		if code := s.Apply(op).Code; code != codes[i] {
			return newViolation("a fork behaves differently", "%s: %s, on the fork %s", op, code, codes[i])
		}
	}
	if after := dump(stateOf(fork).Metadata); after != end {
		return newViolation("calls on the original changed a fork", "%s", difference(end, after))
	}
	if a, b := dump(stateOf(s).Metadata), end; a != b {
		return newViolation("a fork ends in another state", "%s", difference(a, b))
	}
	for _, name := range h.Setup.Snapshotters {
		if stateOf(s).Snapshots[name] != nil && stateOf(s).Snapshots[name].Hash() != stateOf(fork).Snapshots[name].Hash() {
			return newViolation("a fork's backend ends in another state", "%s", name)
		}
	}
	return nil
}

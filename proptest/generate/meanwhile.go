package generate

import (
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/leanovate/gopter"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// Meanwhile draws a history with a slow collection. First, blobs and snapshots are made and become garbage; then a
// backend is slow, and clients make calls while the collection runs.
func (c Chance) Meanwhile() History {
	m := c.NewModel(Turn)
	var h History
	h.Setup = m.Setup
	calls := 0
	add := func(op engine.Op) {
		if isCall(op.Name) {
			op.Call = nth(calls)
			calls++
		}
		h.Ops = append(h.Ops, op)
	}
	clients := func(n int) {
		for range n {
			for _, op := range Pick(c, Chance.blobAgain, Chance.layer, Chance.standIn)(c, m) {
				add(op)
			}
		}
	}
	clients(c.UpTo(4))
	if c.OneIn(2) {
		add(collect)
		clients(1)
	}
	slow := engine.Fault{On: Pick(c, "content", "content", "snapshots/s", "kv"), Nth: uint64(c.IntN(3)), Times: uint64(c.UpTo(2)), After: c.OneIn(2), Delay: time.Second}
	if slow.On == "content" && !c.OneIn(4) {
		slow.Call = Pick(c, "walk", "delete", "commit")
	}
	add(engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: "y", Fault: slow}})
	waits := nth(calls)
	add(collect)
	clients(c.UpTo(3))
	add(engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: time.Second}})
	add(engine.Op{Name: op.CallsResume, Args: op.Named{Name: waits}})
	return h
}

var collect = engine.Op{Name: op.Collect}

// blobAgain writes one of the two hottest blobs, sometimes with an image that keeps it.
func (c Chance) blobAgain(m Model) []engine.Op {
	h, data, writer := engine.Header{NS: c.Name(m.spaces)}, Pick(c, "a", "b"), c.Name(Blobs)
	ops := []engine.Op{
		{Name: op.WritersOpen, Header: h, Args: op.WritersOpenArgs{Name: writer, Ref: writer}},
		{Name: op.WritersWrite, Header: h, Args: op.WritersWriteArgs{Name: writer, Data: []byte(data)}},
		{Name: op.WritersCommit, Header: h, Args: op.WritersCommitArgs{Name: writer, Expected: DigestOf(data)}},
		{Name: op.WritersClose, Header: h, Args: op.Named{Name: writer}},
	}
	if c.OneIn(3) {
		target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: DigestOf(data), Size: 1}
		image := op.ImageRecord{Image: images.Image{Name: c.Name(Images), Target: target}}
		ops = append([]engine.Op{{Name: op.ImagesCreate, Header: h, Args: image}}, ops...)
	}
	return ops
}

// standIn opens a writer that may share a blob of another namespace, and leaves it open.
func (c Chance) standIn(m Model) []engine.Op {
	writer := c.Name(Writers)
	open := op.WritersOpenArgs{Name: writer, Ref: writer, Desc: ocispec.Descriptor{Digest: DigestOf(Pick(c, "a", "b"))}}
	return []engine.Op{{Name: op.WritersOpen, Header: engine.Header{NS: c.Name(m.spaces)}, Args: open}}
}

// MeanwhileHistories generates histories with calls during a collection. They shrink to shorter histories.
func MeanwhileHistories() gopter.Gen { return HistoriesOf(Chance.Meanwhile) }

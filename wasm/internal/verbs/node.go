package verbs

import (
	"bytes"
	"context"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// resultBytes is a usual length of the line of a result.
const resultBytes = 100

// apply applies the Ops in the body, one per line, and returns their results, one per line. It skips empty lines. If a
// line is not an Op, it applies none of them.
func apply(c *call) (any, []byte, error) {
	ops := make([]engine.Op, 0, bytes.Count(c.body, []byte{'\n'}))
	number := 0
	for line := range bytes.Lines(c.body) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		op, err := op.Parse(line)
		if err != nil {
			return nil, nil, invalid("line %d: %v", number, err)
		}
		ops = append(ops, op)
	}
	results := make([]byte, 0, resultBytes*len(ops))
	for _, o := range ops {
		result := c.node.Apply(context.Background(), o)
		var err error
		if results, err = result.AppendJSON(results); err != nil {
			results, _ = engine.Result{Code: op.CodeOf(err), Error: err.Error()}.AppendJSON(results)
		}
		if results = append(results, '\n'); len(results) > abi.ResponseMax {
			return nil, nil, responseTooLarge(len(results))
		}
	}
	return nil, results, nil
}

// collect runs a collection. The statistics of a failed collection are lost; the Op "collect" returns them.
func collect(c *call, _ abi.None) (any, error) {
	done, err := c.node.Collect(context.Background())
	if err != nil {
		return nil, err
	}
	removed := make([]string, len(done.Removed))
	for i, node := range done.Removed {
		removed[i] = metadata.NodeName(node)
	}
	return abi.Collection{Metadata: done.MetaD, Content: done.ContentD, Snapshots: done.SnapshotD, Removed: removed}, nil
}

// save writes the database as a bolt file. Like containerd's own files, it has no freelist.
func save(c *call, w *responseWriter) error { return writeFile(w, c.node.KV()) }

func writeFile(w *responseWriter, kv *memkv.DB) error {
	return kv.View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(w, tx, boltfile.WithoutFreelist())
		return err
	})
}

package verbs

import (
	"context"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// collect collects garbage. What it did before it failed is lost with the error; the Op of that name tells.
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

// save writes the database as a file that containerd opens: without a list of free pages, as its own are.
func save(c *call, to *bounded) error { return write(to, c.node.KV()) }

func write(to *bounded, kv *memkv.DB) error {
	return kv.View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(to, tx, boltfile.WithoutFreelist())
		return err
	})
}

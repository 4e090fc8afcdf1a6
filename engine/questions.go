package engine

import (
	"context"
	"io"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/metadata/storage"
)

// Examine returns the current database for queries. It uses the time of the clock and the sizes of the snapshotters.
// Collectors are not asked; a collection on a fork shows their effect.
func (e *Engine) Examine() (*examine.Database, error) {
	return examine.Open(e.KV(), e.examineOptions())
}

func (e *Engine) examineOptions() examine.Options {
	return examine.Options{At: e.clock.Now(), Containerd: e.options.rules, Usage: e.usage()}
}

// usage returns the sizes of all snapshots, by the keys of the backends.
func (e *Engine) usage() *examine.Usage {
	ctx, usage := context.Background(), examine.NewUsage()
	for _, s := range e.current().snapshotters {
		_ = s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			u, err := s.Usage(ctx, info.Name)
			usage.Set(s.name, info.Name, u.Size)
			return err
		})
	}
	return usage
}

// Plan returns the objects that a collection would remove, optionally after hypothetical deletions. See
// [examine.Database.Plan].
func (e *Engine) Plan(deleted ...string) (*examine.Plan, error) {
	d, err := e.Examine()
	if err != nil {
		return nil, err
	}
	return d.Plan(deleted...)
}

// Why explains why a node is kept or removed. See [examine.Database.Why].
func (e *Engine) Why(node string, limit int) (*examine.Why, error) {
	d, err := e.Examine()
	if err != nil {
		return nil, err
	}
	return d.Why(node, limit)
}

// Top returns the roots by retained size. See [examine.Database.Top].
func (e *Engine) Top(limit int) (*examine.Top, error) {
	d, err := e.Examine()
	if err != nil {
		return nil, err
	}
	return d.Top(limit)
}

// Fsck checks the database for faults. Unless the node was opened from a database, Fsck also compares the database with
// the backends: it finds objects of [Engine.Leftovers] that the database does not name. See [examine.Check].
func (e *Engine) Fsck() (*examine.Fsck, error) {
	o := examine.FsckOptions{Options: e.examineOptions()}
	if !e.options.opened {
		o.Blobs, o.Verify = blobs{e.current().content}, true
		o.Disk = e.backendDir()
	}
	return examine.Check(e.KV(), o)
}

// backendDir describes the snapshotter backends as the directory of a node.
func (e *Engine) backendDir() *nodedir.Dir {
	ctx, dir := context.Background(), &nodedir.Dir{}
	for _, s := range e.current().snapshotters {
		var records []*storage.Snapshot
		_ = s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			usage, err := s.Usage(ctx, info.Name)
			records = append(records, &storage.Snapshot{
				Name: info.Name, ID: uint64(len(records) + 1), Parent: info.Parent, Kind: info.Kind,
				Size: usage.Size, Inodes: usage.Inodes, Sized: err == nil,
				Created: info.Created, Updated: info.Updated, Labels: info.Labels,
			})
			return nil
		})
		dir.Add(&nodedir.Snapshotter{Name: s.name, Records: storage.New(records)})
	}
	return dir
}

// Diff returns the differences to another node. See [examine.Compare].
func (e *Engine) Diff(other *Engine) (*examine.Diff, error) {
	return examine.Compare(e.KV(), other.KV())
}

// Inspect returns the records at and below a path. See [examine.Inspect].
func (e *Engine) Inspect(path string) (*examine.Tree, error) { return examine.Inspect(e.KV(), path) }

// Dump writes the database as text. See [memkv.Tx.Dump].
func (e *Engine) Dump(w io.Writer) error {
	return e.KV().View(func(tx *memkv.Tx) error { return tx.Dump(w) })
}

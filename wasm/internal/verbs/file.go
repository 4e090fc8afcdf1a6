package verbs

import (
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
	"github.com/holdfast-gc/holdfast/metadata/schema"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A subject answers queries. It is a node or a file.
type subject interface {
	Examine() (*examine.Database, error)
	Why(node string, limit int) (*examine.Why, error)
	Top(limit int) (*examine.Top, error)
	Fsck() (*examine.Fsck, error)
	Inspect(path string) (*examine.Tree, error)
	KV() *memkv.DB
}

var _, _ subject = (*engine.Engine)(nil), (*file)(nil)

// A file is an immutable database, examined for one version of containerd at one time. Queries share the graph and the
// dominator tree that [examine.Database] caches.
type file struct {
	*examine.Database
	kv      *memkv.DB
	options examine.Options
}

func newFile(kv *memkv.DB, options examine.Options) (*file, error) {
	d, err := examine.Open(kv, options)
	if err != nil {
		return nil, err
	}
	return &file{d, kv, options}, nil
}

func (f *file) KV() *memkv.DB { return f.kv }

func (f *file) Examine() (*examine.Database, error) { return f.Database, nil }

func (f *file) Inspect(path string) (*examine.Tree, error) { return examine.Inspect(f.kv, path) }

func (f *file) Fsck() (*examine.Fsck, error) {
	return examine.Check(f.kv, examine.FsckOptions{Options: f.options})
}

// plan returns the objects that a collection would remove.
func plan(s subject, a abi.Plan) (*examine.Plan, error) {
	d, err := s.Examine()
	if err != nil {
		return nil, err
	}
	o := examine.PlanOptions{Delete: a.Deleted, WithoutOthers: !a.Others}
	if a.Until != nil {
		o.Until = *a.Until
	}
	return d.PlanWith(o)
}

// account attributes all bytes to holders.
func account(s subject, a abi.Account) (*examine.Accounting, error) {
	if a.Limit < 0 || a.HoldersPerSet < 0 {
		return nil, invalid("args: limit and holdersPerSet must not be negative")
	}
	d, err := s.Examine()
	if err != nil {
		return nil, err
	}
	return d.Account(examine.AccountOptions{ByName: a.ByName, Limit: a.Limit, HoldersPerSet: a.HoldersPerSet})
}

// objects returns all objects with their sizes. The sizes of snapshots are known only from an archive.
func objects(s subject) ([]examine.Object, error) {
	list, err := examine.Objects(s.KV())
	f, ok := s.(*file)
	if err != nil || !ok || f.options.Disk == nil {
		return list, err
	}
	err = f.kv.View(func(tx *memkv.Tx) error {
		db := tx.Freeze()
		for i, o := range list {
			if n, err := metadata.ParseNode(o.Node); err == nil && n.Type == metadata.ResourceSnapshot {
				list[i].Bytes = snapshotSize(db, f.options.Disk, n)
			}
		}
		return nil
	})
	return list, err
}

// snapshotSize returns the size of a snapshot that its snapshotter has recorded, or 0.
func snapshotSize(db memkv.Frozen, disk *nodedir.Dir, n gc.Node) int64 {
	snapshotter, _, _ := strings.Cut(n.Key, "/")
	s := disk.Snapshotter(snapshotter)
	if s == nil || s.Records == nil {
		return 0
	}
	record, _ := db.BucketAt(schema.RecordPath(n)...)
	if snapshot := s.Records.Lookup(string(record.Get("name"))); snapshot != nil && snapshot.Sized {
		return snapshot.Size
	}
	return 0
}

// examineOptions decodes the arguments of a verb that examines a file.
func examineOptions(c *call) (o examine.Options, err error) {
	args, err := decodeArgs[abi.Examination](c)
	if err != nil {
		return o, err
	}
	return optionsOf(args)
}

func optionsOf(args abi.Examination) (o examine.Options, err error) {
	if args.At == nil {
		return o, invalid("args: at, the time of the collection, is required")
	}
	o.At = *args.At
	if args.Containerd != "" {
		if o.Containerd, err = metadata.ParseVersion(args.Containerd); err != nil {
			return o, invalid("args: %v", err)
		}
	}
	return o, nil
}

// read opens the database in the body as a file.
func read(c *call) (any, []byte, error) {
	args, err := decodeArgs[abi.Read](c)
	if err != nil {
		return nil, nil, err
	}
	options, err := optionsOf(args.Examination)
	if err != nil {
		return nil, nil, err
	}
	if err := c.nodes.checkLimit(); err != nil {
		return nil, nil, err
	}
	var losses boltfile.Salvage
	var how []boltfile.ReadOption
	if args.Salvage {
		how = append(how, boltfile.WithSalvage(&losses))
	}
	kv, disk, err := readBody(c.body, how...)
	if err != nil {
		return nil, nil, openError(err)
	}
	options.Disk, options.Lost = disk, examine.LostParts(&losses)
	f, err := newFile(kv, options)
	if err != nil {
		return nil, nil, openError(err)
	}
	return c.nodes.addFile(f), nil, nil
}

// view opens the database of a file again, with another time or version of containerd.
func view(c *call) (any, []byte, error) {
	options, err := examineOptions(c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.nodes.checkLimit(); err != nil {
		return nil, nil, err
	}
	from, err := c.nodes.file(c.handle)
	if err != nil {
		return nil, nil, err
	}
	options.Disk, options.Lost = from.options.Disk, from.options.Lost
	f, err := newFile(from.kv, options)
	if err != nil {
		return nil, nil, err
	}
	return c.nodes.addFile(f), nil, nil
}

// salvage reads the damaged database in the body as far as possible. It returns what is lost, and a sound database.
func salvage(c *call) (any, []byte, error) {
	data, disk, err := databaseOf(c.body)
	if err != nil {
		return nil, nil, openError(err)
	}
	var losses boltfile.Salvage
	kv, err := boltfile.ReadBytes(data, boltfile.WithSalvage(&losses))
	if err != nil {
		return nil, nil, openError(err)
	}
	salvaged, err := examine.DescribeSalvage(kv, examine.SalvageOptions{Losses: &losses, Disk: disk})
	if err != nil {
		return nil, nil, openError(err)
	}
	var w responseWriter
	err = writeFile(&w, kv)
	return salvaged, w.data, err
}

// collectCopy collects garbage in a copy of a file. It returns the plan and the remaining database.
func collectCopy(c *call) (any, []byte, error) {
	f, err := c.nodes.file(c.handle)
	if err != nil {
		return nil, nil, err
	}
	plan, kv, err := f.Collect()
	if err != nil {
		return nil, nil, err
	}
	var w responseWriter
	err = writeFile(&w, kv)
	return plan, w.data, err
}

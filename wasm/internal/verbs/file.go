package verbs

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A subject answers queries. It is a node or a file.
type subject interface {
	Plan(deleted ...string) (*examine.Plan, error)
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

func (f *file) Inspect(path string) (*examine.Tree, error) { return examine.Inspect(f.kv, path) }

func (f *file) Fsck() (*examine.Fsck, error) {
	return examine.Check(f.kv, examine.FsckOptions{Options: f.options})
}

// examineOptions decodes the arguments of a verb that examines a file.
func examineOptions(c *call) (o examine.Options, err error) {
	args, err := decodeArgs[abi.Examination](c)
	if err != nil {
		return o, err
	}
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
	options, err := examineOptions(c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.nodes.checkLimit(); err != nil {
		return nil, nil, err
	}
	kv, err := boltfile.ReadBytes(c.body)
	if err != nil {
		return nil, nil, openError(err)
	}
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
	f, err := newFile(from.kv, options)
	if err != nil {
		return nil, nil, err
	}
	return c.nodes.addFile(f), nil, nil
}

// check checks the pages of the database in the body and, if the database can be read, its records.
func check(c *call) (any, []byte, error) {
	options, err := examineOptions(c)
	if err != nil {
		return nil, nil, err
	}
	report, err := boltfile.CheckBytes(c.body)
	if err != nil {
		return nil, nil, openError(err)
	}
	kv, err := boltfile.ReadBytes(c.body)
	if err != nil && len(report.Faults) == 0 {
		return nil, nil, openError(err)
	}
	f, err := examine.Check(kv, examine.FsckOptions{Options: options, Pages: &report})
	return f, nil, err
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

package verbs

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A subject is what can be asked questions: a node, or a file.
type subject interface {
	Plan(deleted ...string) (*examine.Plan, error)
	Why(node string, limit int) (*examine.Why, error)
	Top(limit int) (*examine.Top, error)
	Fsck() (*examine.Fsck, error)
	Inspect(path string) (*examine.Tree, error)
	KV() *memkv.DB
}

var _, _ subject = (*engine.Engine)(nil), (*file)(nil)

// A file is a database as it was found, under the eyes of one version of containerd at one time. It never changes, so
// that what one question has found out serves the next.
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

// examination reads how a file is to be examined.
func examination(c *call) (o examine.Options, err error) {
	asked, err := argsOf[abi.Examination](c)
	if err != nil {
		return o, err
	}
	if asked.At == nil {
		return o, invalid("args: at is missing: the time of the collection")
	}
	o.At = *asked.At
	if asked.Containerd != "" {
		if o.Containerd, err = metadata.ParseVersion(asked.Containerd); err != nil {
			return o, invalid("args: %v", err)
		}
	}
	return o, nil
}

// read makes a file of the body.
func read(c *call) (any, []byte, error) {
	options, err := examination(c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.nodes.room(); err != nil {
		return nil, nil, err
	}
	kv, err := boltfile.ReadBytes(c.body)
	if err != nil {
		return nil, nil, err
	}
	f, err := newFile(kv, options)
	if err != nil {
		return nil, nil, err
	}
	return c.nodes.addFile(f), nil, nil
}

// view makes a file of another, as it is at another time or for another version.
func view(c *call) (any, []byte, error) {
	options, err := examination(c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.nodes.room(); err != nil {
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

// check looks for what is wrong with the body: with its pages, and if it can be read, with what is in it.
func check(c *call) (any, []byte, error) {
	options, err := examination(c)
	if err != nil {
		return nil, nil, err
	}
	report, err := boltfile.CheckBytes(c.body)
	if err != nil {
		return nil, nil, err
	}
	kv, err := boltfile.ReadBytes(c.body)
	if err != nil && len(report.Faults) == 0 {
		return nil, nil, err
	}
	f, err := examine.Check(kv, examine.FsckOptions{Options: options, Pages: &report})
	return f, nil, err
}

// collected carries a collection out on a copy of a file, and answers with what it removed and the database that is left.
func collected(c *call) (any, []byte, error) {
	f, err := c.nodes.file(c.handle)
	if err != nil {
		return nil, nil, err
	}
	plan, kv, err := f.Collect()
	if err != nil {
		return nil, nil, err
	}
	var to bounded
	err = write(&to, kv)
	return plan, to.data, err
}

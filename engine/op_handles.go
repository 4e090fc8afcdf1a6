package engine

import (
	"io"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// Arguments of the Ops on open writers and readers, each of which goes by the name
// under which it was opened.
type (
	// WriterOpen begins or resumes an ingest. It returns its Status.
	WriterOpen struct {
		Name string
		Ref  string
		Desc ocispec.Descriptor
	}
	// WriterWrite appends bytes. It returns how many.
	WriterWrite struct {
		Name string
		Data []byte
	}
	// WriterTruncate drops what was written.
	WriterTruncate struct {
		Name string
		Size int64
	}
	// WriterCommit makes the ingest a blob. The writer remains to be asked, and to be closed.
	WriterCommit struct {
		Name     string
		Size     int64
		Expected digest.Digest
		Labels   map[string]string
	}
	// ReaderOpen opens a blob. It returns its size.
	ReaderOpen struct {
		Name string
		Desc ocispec.Descriptor
	}
	// ReaderRead reads part of a blob: Size bytes from Offset on, or fewer where it
	// ends; Size 0 is all the rest.
	ReaderRead struct {
		Name   string
		Offset int64
		Size   int64
	}
)

var handleRows = []row{
	writes("writers.open", openWriter),
	reads("writers.write", onWriter(func(_ *call, w content.Writer, a WriterWrite) (any, error) {
		n, err := w.Write(a.Data)
		return int64(n), err
	}, func(a WriterWrite) string { return a.Name })),
	reads("writers.truncate", onWriter(func(_ *call, w content.Writer, a WriterTruncate) (any, error) {
		return nil, w.Truncate(a.Size)
	}, func(a WriterTruncate) string { return a.Name })),
	reads("writers.status", onWriter(func(_ *call, w content.Writer, _ Named) (any, error) {
		return returned(w.Status())
	}, name)),
	reads("writers.digest", onWriter(func(_ *call, w content.Writer, _ Named) (any, error) {
		return w.Digest(), nil
	}, name)),
	writes("writers.commit", onWriter(func(c *call, w content.Writer, a WriterCommit) (any, error) {
		var opts []content.Opt
		if a.Labels != nil {
			opts = append(opts, content.WithLabels(a.Labels))
		}
		return nil, w.Commit(c.ctx, a.Size, a.Expected, opts...)
	}, func(a WriterCommit) string { return a.Name })),
	reads("writers.close", onWriter(func(c *call, w content.Writer, a Named) (any, error) {
		c.daemon.open.writers.remove(a.Name)
		return nil, w.Close()
	}, name)),
	reads("readers.open", func(c *call, a ReaderOpen) (any, error) {
		if err := c.daemon.open.readers.free("reader", a.Name); err != nil {
			return nil, err
		}
		r, err := c.node.Content().ReaderAt(c.ctx, a.Desc)
		if err != nil {
			return nil, err
		}
		c.daemon.open.readers.put(a.Name, r)
		return r.Size(), nil
	}),
	reads("readers.read", func(c *call, a ReaderRead) (any, error) {
		r, err := c.daemon.open.readers.get("reader", a.Name)
		if err != nil {
			return nil, err
		}
		return readPart(r, a.Offset, a.Size)
	}),
	reads("readers.close", func(c *call, a Named) (any, error) {
		r, err := c.daemon.open.readers.get("reader", a.Name)
		if err != nil {
			return nil, err
		}
		c.daemon.open.readers.remove(a.Name)
		return nil, r.Close()
	}),
}

func openWriter(c *call, a WriterOpen) (any, error) {
	if err := c.daemon.open.writers.free("writer", a.Name); err != nil {
		return nil, err
	}
	w, err := c.node.Content().Writer(c.ctx, content.WithRef(a.Ref), content.WithDescriptor(a.Desc))
	if err != nil {
		return nil, err
	}
	c.daemon.open.writers.put(a.Name, w)
	return returned(w.Status())
}

// onWriter is a call to an open writer.
func onWriter[A any](apply func(*call, content.Writer, A) (any, error), name func(A) string) func(*call, A) (any, error) {
	return func(c *call, a A) (any, error) {
		w, err := c.daemon.open.writers.get("writer", name(a))
		if err != nil {
			return nil, err
		}
		return apply(c, w, a)
	}
}

// readPart reads size bytes from offset on, or what there is; all for size 0.
func readPart(r content.ReaderAt, offset, size int64) (any, error) {
	if offset < 0 || size < 0 {
		return nil, invalid("offset %d and size %d can't be negative", offset, size)
	}
	left := max(r.Size()-offset, 0)
	if size == 0 || size > left {
		size = left
	}
	data := make([]byte, size)
	n, err := r.ReadAt(data, offset)
	if err == io.EOF {
		err = nil
	}
	if err == nil && int64(n) < size {
		err = errdefs.ErrDataLoss
	}
	return data[:n], err
}

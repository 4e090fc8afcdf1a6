package op

import (
	"context"
	"io"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// Arguments of the Ops on open writers and readers. Name is the name under which an Op opened the handle.
type (
	// WritersOpenArgs begin or resume an ingest. The result is its status.
	WritersOpenArgs struct {
		Name string
		Ref  string
		Desc ocispec.Descriptor
	}
	// WritersWriteArgs append bytes. The result is the number of bytes written, also beside an error.
	WritersWriteArgs struct {
		Name string
		Data []byte
	}
	// WritersTruncateArgs cut the written bytes to a size.
	WritersTruncateArgs struct {
		Name string
		Size int64
	}
	// WritersCommitArgs turn the ingest into a blob. The writer stays open until "writers.close".
	WritersCommitArgs struct {
		Name     string
		Size     int64
		Expected digest.Digest
		Labels   map[string]string
	}
	// ReadersOpenArgs open a blob. The result is its size.
	ReadersOpenArgs struct {
		Name string
		Desc ocispec.Descriptor
	}
	// ReadersReadArgs select Size bytes of an open blob from Offset on, or fewer at its end. Size 0 is all the rest.
	ReadersReadArgs struct {
		Name   string
		Offset int64
		Size   int64
	}
)

// A handleStore is a content store with the writers and readers that Ops opened on it.
type handleStore struct {
	content.Store
	*Open
}

// A handleContext is the context of an open writer. Its values are those of the Op that opened the writer. It ends with
// the Op that has used the writer last: some calls of a writer take no context of their own.
type handleContext struct {
	context.Context
	last context.Context
}

func (c *handleContext) Deadline() (time.Time, bool) { return c.last.Deadline() }
func (c *handleContext) Done() <-chan struct{}       { return c.last.Done() }
func (c *handleContext) Err() error                  { return c.last.Err() }

// An openedWriter is a writer that an Op has opened.
type openedWriter struct {
	content.Writer
	ctx *handleContext
}

// writer returns an open writer for the calls of the Op with a context.
func (s handleStore) writer(ctx context.Context, name string) (content.Writer, error) {
	w, err := s.Writers.Get("writer", name)
	if opened, ok := w.(openedWriter); ok {
		opened.ctx.last = ctx
	}
	return w, err
}

// handleStoreOf is nil if the node has no content store.
func handleStoreOf(t Target) any {
	s := t.Stores.Content()
	if s == nil {
		return nil
	}
	return handleStore{s, t.Open}
}

// onHandles adapts a call on a handleStore to the rows' constructors.
func onHandles[A, R any](call func(context.Context, handleStore, A) (R, error)) func(context.Context, any, A) (R, error) {
	return func(ctx context.Context, s any, a A) (R, error) { return call(ctx, s.(handleStore), a) }
}

// onWriter is a call to an open writer.
func onWriter[A, R any](name func(A) string, call func(context.Context, content.Writer, A) (R, error)) func(context.Context, any, A) (R, error) {
	return onHandles(func(ctx context.Context, s handleStore, a A) (r R, err error) {
		w, err := s.writer(ctx, name(a))
		if err != nil {
			return r, err
		}
		return call(ctx, w, a)
	})
}

var writerRows = []Row{
	writes(WritersOpen, handleStoreOf, onHandles(openWriter)),
	reads(WritersWrite, handleStoreOf, onHandles(write)),
	reads(WritersTruncate, handleStoreOf, onWriter(func(a WritersTruncateArgs) string { return a.Name },
		func(_ context.Context, w content.Writer, a WritersTruncateArgs) (None, error) {
			return None{}, w.Truncate(a.Size)
		})),
	reads(WritersStatus, handleStoreOf, onWriter(nameOf,
		func(_ context.Context, w content.Writer, _ Named) (content.Status, error) { return w.Status() })),
	reads(WritersDigest, handleStoreOf, onWriter(nameOf,
		func(_ context.Context, w content.Writer, _ Named) (digest.Digest, error) { return w.Digest(), nil })),
	writes(WritersCommit, handleStoreOf, onWriter(func(a WritersCommitArgs) string { return a.Name },
		func(ctx context.Context, w content.Writer, a WritersCommitArgs) (None, error) {
			var opts []content.Opt
			if a.Labels != nil {
				opts = append(opts, content.WithLabels(a.Labels))
			}
			return None{}, w.Commit(ctx, a.Size, a.Expected, opts...)
		})),
	reads(WritersClose, handleStoreOf, onHandles(func(ctx context.Context, s handleStore, a Named) (None, error) {
		w, err := s.writer(ctx, a.Name)
		if err != nil {
			return None{}, err
		}
		s.Writers.Remove(a.Name)
		return None{}, w.Close()
	})),
}

func openWriter(ctx context.Context, s handleStore, a WritersOpenArgs) (content.Status, error) {
	if err := s.Writers.Free("writer", a.Name); err != nil {
		return content.Status{}, err
	}
	opened := &handleContext{ctx, ctx}
	w, err := s.Writer(opened, content.WithRef(a.Ref), content.WithDescriptor(a.Desc))
	if err != nil {
		return content.Status{}, err
	}
	s.Writers.Put(a.Name, openedWriter{w, opened})
	return w.Status()
}

// write returns the number of bytes written, also beside an error of the writer.
func write(ctx context.Context, s handleStore, a WritersWriteArgs) (partial[int64], error) {
	w, err := s.writer(ctx, a.Name)
	if err != nil {
		return partial[int64]{}, err
	}
	n, err := w.Write(a.Data)
	return partial[int64]{int64(n), true}, err
}

var readerRows = []Row{
	reads(ReadersOpen, handleStoreOf, onHandles(func(ctx context.Context, s handleStore, a ReadersOpenArgs) (int64, error) {
		if err := s.Readers.Free("reader", a.Name); err != nil {
			return 0, err
		}
		r, err := s.ReaderAt(ctx, a.Desc)
		if err != nil {
			return 0, err
		}
		s.Readers.Put(a.Name, r)
		return r.Size(), nil
	})),
	reads(ReadersRead, handleStoreOf, onHandles(func(_ context.Context, s handleStore, a ReadersReadArgs) (partial[[]byte], error) {
		r, err := s.Readers.Get("reader", a.Name)
		if err != nil {
			return partial[[]byte]{}, err
		}
		return readPart(r, a.Offset, a.Size)
	})),
	reads(ReadersClose, handleStoreOf, onHandles(func(_ context.Context, s handleStore, a Named) (None, error) {
		r, err := s.Readers.Get("reader", a.Name)
		if err != nil {
			return None{}, err
		}
		s.Readers.Remove(a.Name)
		return None{}, r.Close()
	})),
}

// readPart reads size bytes from offset on, or fewer at the end; all the rest for size 0. On an error it also returns
// the bytes that it read before.
func readPart(r content.ReaderAt, offset, size int64) (partial[[]byte], error) {
	if offset < 0 || size < 0 {
		return partial[[]byte]{}, invalid("offset %d and size %d can't be negative", offset, size)
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
	return partial[[]byte]{data[:n], true}, err
}

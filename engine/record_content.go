package engine

import (
	"context"
	"io"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/content"
)

// Content returns the content store.
func (r *Recorder) Content() content.Store { return recordedContent{r} }

type recordedContent struct{ r *Recorder }

func (s recordedContent) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	return ask[content.Info](ctx, s.r, op.ContentInfo, op.Blob{Digest: dgst})
}

func (s recordedContent) Update(ctx context.Context, info content.Info, paths ...string) (content.Info, error) {
	return ask[content.Info](ctx, s.r, op.ContentUpdate, op.ContentUpdateArgs{Info: info, Paths: paths})
}

func (s recordedContent) Walk(ctx context.Context, fn content.WalkFunc, filters ...string) error {
	infos, err := ask[[]content.Info](ctx, s.r, op.ContentWalk, op.Filtered{Filters: filters})
	for _, info := range infos {
		if err := fn(info); err != nil {
			return err
		}
	}
	return err
}

func (s recordedContent) Delete(ctx context.Context, dgst digest.Digest) error {
	return tell(ctx, s.r, op.ContentDelete, op.Blob{Digest: dgst})
}

func (s recordedContent) Status(ctx context.Context, ref string) (content.Status, error) {
	return ask[content.Status](ctx, s.r, op.ContentStatus, op.Ingest{Ref: ref})
}

func (s recordedContent) ListStatuses(ctx context.Context, filters ...string) ([]content.Status, error) {
	return ask[[]content.Status](ctx, s.r, op.ContentListStatuses, op.Filtered{Filters: filters})
}

func (s recordedContent) Abort(ctx context.Context, ref string) error {
	return tell(ctx, s.r, op.ContentAbort, op.Ingest{Ref: ref})
}

func (s recordedContent) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	name := s.r.name("reader")
	size, err := ask[int64](ctx, s.r, op.ReadersOpen, op.ReadersOpenArgs{Name: name, Desc: desc})
	if err != nil {
		return nil, err
	}
	return &recordedReader{s.r, ctx, name, size}, nil
}

func (s recordedContent) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	name := s.r.name("writer")
	if err := tell(ctx, s.r, op.WritersOpen, op.WritersOpenArgs{Name: name, Ref: want.Ref, Desc: want.Desc}); err != nil {
		return nil, err
	}
	return &recordedWriter{r: s.r, ctx: ctx, name: name}, nil
}

// recordedReader is an open blob with the context of the call that opened it.
type recordedReader struct {
	r    *Recorder
	ctx  context.Context
	name string
	size int64
}

func (r *recordedReader) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	data, err := ask[[]byte](r.ctx, r.r, op.ReadersRead, op.ReadersReadArgs{Name: r.name, Offset: offset, Size: int64(len(p))})
	n := copy(p, data)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (r *recordedReader) Size() int64 { return r.size }

func (r *recordedReader) Close() error {
	return tell(r.ctx, r.r, op.ReadersClose, op.Named{Name: r.name})
}

// recordedWriter is an open ingest with the context of the call that opened it.
type recordedWriter struct {
	r      *Recorder
	ctx    context.Context
	name   string
	closed bool
}

func (w *recordedWriter) Write(p []byte) (int, error) {
	n, err := ask[int64](w.ctx, w.r, op.WritersWrite, op.WritersWriteArgs{Name: w.name, Data: p})
	return int(n), err
}

func (w *recordedWriter) Truncate(size int64) error {
	return tell(w.ctx, w.r, op.WritersTruncate, op.WritersTruncateArgs{Name: w.name, Size: size})
}

func (w *recordedWriter) Status() (content.Status, error) {
	return ask[content.Status](w.ctx, w.r, op.WritersStatus, op.Named{Name: w.name})
}

func (w *recordedWriter) Digest() digest.Digest {
	dgst, _ := ask[digest.Digest](w.ctx, w.r, op.WritersDigest, op.Named{Name: w.name})
	return dgst
}

func (w *recordedWriter) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	var base content.Info
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			w.Close()
			return err
		}
	}
	return tell(ctx, w.r, op.WritersCommit, op.WritersCommitArgs{Name: w.name, Size: size, Expected: expected, Labels: base.Labels})
}

func (w *recordedWriter) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return tell(w.ctx, w.r, op.WritersClose, op.Named{Name: w.name})
}

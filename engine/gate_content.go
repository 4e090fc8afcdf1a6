package engine

import (
	"context"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/metadata/content"
)

// contentGate passes the calls of a daemon to its content backend.
type contentGate struct {
	d  *daemon
	to *backend.Content
}

func contentSite(call, key string) site { return site{"content", call, key} }

func (g *contentGate) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	return pass(ctx, g.d, contentSite("info", string(dgst)), func() (content.Info, error) { return g.to.Info(ctx, dgst) })
}

func (g *contentGate) Update(ctx context.Context, info content.Info, paths ...string) (content.Info, error) {
	return pass(ctx, g.d, contentSite("update", string(info.Digest)), func() (content.Info, error) {
		return g.to.Update(ctx, info, paths...)
	})
}

func (g *contentGate) Walk(ctx context.Context, fn content.WalkFunc, filters ...string) error {
	return passOnly(ctx, g.d, contentSite("walk", ""), func() error { return g.to.Walk(ctx, fn, filters...) })
}

func (g *contentGate) Delete(ctx context.Context, dgst digest.Digest) error {
	return passOnly(ctx, g.d, contentSite("delete", string(dgst)), func() error { return g.to.Delete(ctx, dgst) })
}

func (g *contentGate) Status(ctx context.Context, ref string) (content.Status, error) {
	return pass(ctx, g.d, contentSite("status", ref), func() (content.Status, error) { return g.to.Status(ctx, ref) })
}

func (g *contentGate) ListStatuses(ctx context.Context, filters ...string) ([]content.Status, error) {
	return pass(ctx, g.d, contentSite("list", ""), func() ([]content.Status, error) { return g.to.ListStatuses(ctx, filters...) })
}

func (g *contentGate) WalkStatusRefs(ctx context.Context, fn func(string) error) error {
	return passOnly(ctx, g.d, contentSite("list", ""), func() error { return g.to.WalkStatusRefs(ctx, fn) })
}

func (g *contentGate) Abort(ctx context.Context, ref string) error {
	return passOnly(ctx, g.d, contentSite("abort", ref), func() error { return g.to.Abort(ctx, ref) })
}

func (g *contentGate) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	return pass(ctx, g.d, contentSite("reader", string(desc.Digest)), func() (content.ReaderAt, error) {
		return g.to.ReaderAt(ctx, desc)
	})
}

func (g *contentGate) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	w, err := pass(ctx, g.d, contentSite("writer", want.Ref), func() (content.Writer, error) { return g.to.Writer(ctx, opts...) })
	if err != nil {
		return nil, err
	}
	return &writerGate{w, g.d, want.Ref, ctx}, nil
}

// writerGate passes calls to an open ingest. Write has no context, so it uses that of the call that opened the ingest.
type writerGate struct {
	content.Writer
	d   *daemon
	ref string
	ctx context.Context
}

func (w *writerGate) Write(p []byte) (int, error) {
	return pass(w.ctx, w.d, contentSite("write", w.ref), func() (int, error) { return w.Writer.Write(p) })
}

func (w *writerGate) Truncate(size int64) error {
	return passOnly(w.ctx, w.d, contentSite("truncate", w.ref), func() error { return w.Writer.Truncate(size) })
}

func (w *writerGate) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	err := passOnly(ctx, w.d, contentSite("commit", w.ref), func() error { return w.Writer.Commit(ctx, size, expected, opts...) })
	if err != nil {
		w.Writer.Close() // as Commit does in every case
	}
	return err
}

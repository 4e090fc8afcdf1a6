package parity

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// blobs is a content backend in memory. It behaves like containerd's local store: one writer for each ref at a time,
// resumable ingests, no labels. It is not safe for concurrent use.
type blobs struct {
	*journal
	*fault
	committed map[digest.Digest]content.Info
	bytes     map[digest.Digest][]byte
	ingests   map[string]*ingest
	backwards bool // walks in reverse order
}

// An ingest is an unfinished blob.
//
// Invariant: locked is true while a writer is open. gone is true once the ingest is committed or aborted; then it is no
// longer in blobs.ingests, but an open writer may still refer to it.
type ingest struct {
	content.Status
	data   []byte
	locked bool
	gone   bool
}

func newBlobs(j *journal, f *fault, backwards bool) *blobs {
	return &blobs{j, f, map[digest.Digest]content.Info{}, map[digest.Digest][]byte{}, map[string]*ingest{}, backwards}
}

// keys returns the keys of a map in the order in which the backend walks them.
func keys[K cmp.Ordered, V any](m map[K]V, backwards bool) []K {
	sorted := slices.Sorted(maps.Keys(m))
	if backwards {
		slices.Reverse(sorted)
	}
	return sorted
}

// walkingBlobs is blobs with WalkStatusRefs, an optional method that collections use to list ingests.
type walkingBlobs struct{ *blobs }

func (s walkingBlobs) WalkStatusRefs(ctx context.Context, fn func(string) error) error {
	if err := s.at("WalkStatusRefs"); err != nil {
		return err
	}
	for _, ref := range keys(s.ingests, s.backwards) {
		if err := fn(ref); err != nil {
			return err
		}
	}
	return nil
}

func (s *blobs) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	if err := s.at("Info"); err != nil {
		return content.Info{}, err
	}
	info, ok := s.committed[dgst]
	if !ok {
		return content.Info{}, fmt.Errorf("blob %s: %w", dgst, errdefs.ErrNotFound)
	}
	return info, nil
}

func (s *blobs) Update(ctx context.Context, info content.Info, fieldpaths ...string) (content.Info, error) {
	s.note("content", "Update %s", info.Digest)
	return content.Info{}, fmt.Errorf("labels: %w", errdefs.ErrNotImplemented)
}

func (s *blobs) Walk(ctx context.Context, fn content.WalkFunc, fs ...string) error {
	if err := s.at("Walk"); err != nil {
		return err
	}
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return err
	}
	for _, dgst := range keys(s.committed, s.backwards) {
		if info := s.committed[dgst]; filter.Match(content.AdaptInfo(info)) {
			if err := fn(info); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *blobs) Delete(ctx context.Context, dgst digest.Digest) error {
	s.note("content", "Delete %s", dgst)
	if err := s.at("Delete"); err != nil {
		return err
	}
	if _, ok := s.committed[dgst]; !ok {
		return fmt.Errorf("blob %s: %w", dgst, errdefs.ErrNotFound)
	}
	delete(s.committed, dgst)
	delete(s.bytes, dgst)
	return nil
}

func (s *blobs) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	if err := s.at("ReaderAt"); err != nil {
		return nil, err
	}
	data, ok := s.bytes[desc.Digest]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", desc.Digest, errdefs.ErrNotFound)
	}
	return blobReader{bytes.NewReader(data)}, nil
}

type blobReader struct{ *bytes.Reader }

func (blobReader) Close() error { return nil }

func (s *blobs) Status(ctx context.Context, ref string) (content.Status, error) {
	if err := s.at("Status"); err != nil {
		return content.Status{}, err
	}
	in, ok := s.ingests[ref]
	if !ok {
		return content.Status{}, fmt.Errorf("ingest %q: %w", ref, errdefs.ErrNotFound)
	}
	return in.Status, nil
}

func (s *blobs) ListStatuses(ctx context.Context, fs ...string) ([]content.Status, error) {
	if err := s.at("ListStatuses"); err != nil {
		return nil, err
	}
	var all []content.Status
	for _, ref := range keys(s.ingests, s.backwards) {
		all = append(all, s.ingests[ref].Status)
	}
	return all, nil
}

func (s *blobs) Abort(ctx context.Context, ref string) error {
	s.note("content", "Abort %q", ref)
	if err := s.at("Abort"); err != nil {
		return err
	}
	in, ok := s.ingests[ref]
	if !ok {
		return fmt.Errorf("ingest %q: %w", ref, errdefs.ErrNotFound)
	}
	in.gone = true
	delete(s.ingests, ref)
	return nil
}

func (s *blobs) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var o content.WriterOpts
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	s.note("content", "Writer %q %s", o.Ref, render(o.Desc))
	if err := s.at("Writer"); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Desc.Digest != "" {
		if _, ok := s.committed[o.Desc.Digest]; ok {
			return nil, fmt.Errorf("blob %s: %w", o.Desc.Digest, errdefs.ErrAlreadyExists)
		}
	}
	in, ok := s.ingests[o.Ref]
	if !ok {
		now := time.Now()
		in = &ingest{Status: content.Status{Ref: o.Ref, StartedAt: now, UpdatedAt: now}}
		s.ingests[o.Ref] = in
	}
	if in.locked {
		return nil, fmt.Errorf("ingest %q is locked: %w", o.Ref, errdefs.ErrUnavailable)
	}
	in.locked = true
	in.Total, in.Expected = o.Desc.Size, o.Desc.Digest
	return &blobWriter{s: s, in: in}, nil
}

// blobWriter is one session of writing to an ingest.
type blobWriter struct {
	s      *blobs
	in     *ingest
	closed bool
}

func (w *blobWriter) check(method string) error {
	if err := w.s.at(method); err != nil {
		return err
	}
	if w.closed {
		return fmt.Errorf("%s on a closed writer: %w", method, errdefs.ErrFailedPrecondition)
	}
	return nil
}

func (w *blobWriter) Write(p []byte) (int, error) {
	w.s.note("content", "Write %q %d", w.in.Ref, len(p))
	if err := w.check("Write"); err != nil {
		return 0, err
	}
	w.in.data = append(w.in.data, p...)
	w.touch()
	return len(p), nil
}

func (w *blobWriter) touch() {
	w.in.Offset = int64(len(w.in.data))
	w.in.UpdatedAt = time.Now()
}

func (w *blobWriter) Truncate(size int64) error {
	w.s.note("content", "Truncate %q %d", w.in.Ref, size)
	if err := w.check("Truncate"); err != nil {
		return err
	}
	if size < 0 || size > w.in.Offset {
		return fmt.Errorf("truncate to %d of %d: %w", size, w.in.Offset, errdefs.ErrOutOfRange)
	}
	w.in.data = w.in.data[:size]
	w.touch()
	return nil
}

func (w *blobWriter) Digest() digest.Digest { return digest.FromBytes(w.in.data) }

func (w *blobWriter) Status() (content.Status, error) {
	if err := w.s.at("WriterStatus"); err != nil {
		return content.Status{}, err
	}
	return w.in.Status, nil
}

func (w *blobWriter) Sync() error {
	w.s.note("content", "Sync %q", w.in.Ref)
	return w.s.at("Sync")
}

func (w *blobWriter) Close() error {
	w.s.note("content", "Close %q", w.in.Ref)
	if !w.closed {
		w.closed = true
		w.in.locked = false
	}
	return w.s.at("Close")
}

func (w *blobWriter) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	var base content.Info
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return err
		}
	}
	w.s.note("content", "Commit %q %d %s %s", w.in.Ref, size, expected, render(base))
	if err := w.check("Commit"); err != nil {
		return err
	}
	w.closed, w.in.locked = true, false
	switch {
	case w.in.gone:
		return fmt.Errorf("ingest %q was aborted: %w", w.in.Ref, errdefs.ErrNotFound)
	case size > 0 && size != w.in.Offset:
		return fmt.Errorf("size %d, not %d: %w", w.in.Offset, size, errdefs.ErrFailedPrecondition)
	case expected != "" && expected != w.Digest():
		return fmt.Errorf("digest %s, not %s: %w", w.Digest(), expected, errdefs.ErrFailedPrecondition)
	}
	w.in.gone = true
	delete(w.s.ingests, w.in.Ref)
	dgst := w.Digest()
	if _, ok := w.s.committed[dgst]; ok {
		return fmt.Errorf("blob %s: %w", dgst, errdefs.ErrAlreadyExists)
	}
	now := time.Now()
	w.s.committed[dgst] = content.Info{Digest: dgst, Size: w.in.Offset, CreatedAt: now, UpdatedAt: now}
	w.s.bytes[dgst] = w.in.data
	return nil
}

// state writes the content of the backend, for comparison.
func (s *blobs) state(to *strings.Builder) {
	for _, dgst := range keys(s.committed, false) {
		fmt.Fprintf(to, "blob %s\n", render(s.committed[dgst]))
	}
	for _, ref := range keys(s.ingests, false) {
		in := s.ingests[ref]
		fmt.Fprintf(to, "ingest %s locked=%t %s\n", render(in.Status), in.locked, digest.FromBytes(in.data))
	}
}

var _ io.ReaderAt = blobReader{}

package backend

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// ingest is an upload that is neither committed nor aborted. It may be changed in place on its own line only. On
// another line a store shares it, and its writer continues with a copy (see writer.own).
type ingest struct {
	line      *line
	data      []byte
	total     int64
	startedAt time.Time
	updatedAt time.Time
}

func (in *ingest) status(ref string) content.Status {
	return content.Status{
		Ref:       ref,
		Offset:    int64(len(in.data)),
		Total:     in.total,
		StartedAt: in.startedAt,
		UpdatedAt: in.updatedAt,
	}
}

// PlaceIngest adds or replaces an ingest without content that was begun at the given time.
func (s *Content) PlaceIngest(ref string, startedAt time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeIngest(ref)
	s.ingests.Set(ref, &ingest{line: s.line, startedAt: startedAt, updatedAt: startedAt})
}

// Status returns the progress of an ingest.
func (s *Content) Status(_ context.Context, ref string) (content.Status, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	in, ok := s.ingests.Get(ref)
	if !ok {
		return content.Status{}, fmt.Errorf("ingest %q: %w", ref, errdefs.ErrNotFound)
	}
	return in.status(ref), nil
}

// ListStatuses returns the ingests that pass the filters, in the order of references.
func (s *Content) ListStatuses(_ context.Context, fs ...string) ([]content.Status, error) {
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var statuses []content.Status
	s.ingests.Scan(func(ref string, in *ingest) bool {
		if filter.Match(byRef(ref)) {
			statuses = append(statuses, in.status(ref))
		}
		return true
	})
	return statuses, nil
}

// WalkStatusRefs calls fn with the reference of every ingest, in ascending order. It walks the state at the time of the
// call, so fn may change the store.
func (s *Content) WalkStatusRefs(_ context.Context, fn func(ref string) error) error {
	s.mu.RLock()
	refs := s.ingests.Keys()
	s.mu.RUnlock()
	for _, ref := range refs {
		if err := fn(ref); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes an ingest. A missing ingest is no error. An open writer holds the reference until it is closed, and can
// no longer commit.
func (s *Content) Abort(_ context.Context, ref string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeIngest(ref)
	return nil
}

// Writer begins the ingest of a reference, or resumes it. Errors:
//
//   - [errdefs.ErrInvalidArgument]: the reference is missing, or the digest is malformed
//   - [errdefs.ErrUnavailable]: another writer holds the reference
//   - [errdefs.ErrAlreadyExists]: the store has the descriptor's digest
//
// An ingest that was begun with another total size starts again from nothing.
func (s *Content) Writer(_ context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	ref, expected, total := want.Ref, want.Desc.Digest, want.Desc.Size
	if ref == "" {
		return nil, fmt.Errorf("ingest: a reference is required: %w", errdefs.ErrInvalidArgument)
	}
	now := s.now()

	s.mu.Lock()
	defer s.mu.Unlock()
	if since, ok := s.writing[ref]; ok {
		return nil, fmt.Errorf("ingest %q: held by a writer since %v: %w", ref, since, errdefs.ErrUnavailable)
	}
	algorithm := digest.Canonical
	if expected != "" {
		if err := validDigest(expected); err != nil {
			return nil, err
		}
		if _, ok := s.blobs.Get(expected); ok {
			return nil, fmt.Errorf("content %q: %w", expected, errdefs.ErrAlreadyExists)
		}
		algorithm = expected.Algorithm()
	}

	in, ok := s.ingests.Get(ref)
	if !ok || total > 0 && in.total > 0 && total != in.total {
		s.removeIngest(ref)
		in = &ingest{line: s.line, total: max(total, 0), startedAt: now, updatedAt: now}
		s.ingests.Set(ref, in)
	}
	s.writing[ref] = now
	w := &writer{store: s, ref: ref, ingest: in, updatedAt: in.updatedAt}
	w.hash(algorithm)
	return w, nil
}

// removeIngest requires the write lock.
func (s *Content) removeIngest(ref string) {
	if in, ok := s.ingests.Delete(ref); ok {
		s.size -= int64(len(in.data))
	}
}

// ownIngest returns an ingest that may be changed in place: the ingest itself on this store's line, otherwise a copy
// that shares no byte it could overwrite. It requires the write lock.
func (s *Content) ownIngest(ref string, in *ingest) *ingest {
	if in.line == s.line {
		return in
	}
	own := *in
	own.line = s.line
	own.data = slices.Clip(own.data)
	if s.holds(ref, in) {
		s.ingests.Set(ref, &own)
	}
	return &own
}

// holds reports whether the store still has the ingest: it may have been aborted.
func (s *Content) holds(ref string, in *ingest) bool {
	current, ok := s.ingests.Get(ref)
	return ok && current == in
}

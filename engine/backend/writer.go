package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// writer appends to one ingest. The store's lock guards all fields.
//
// Invariant: after a commit or Close, the writer no longer holds its reference; committed is set only after a commit.
type writer struct {
	store     *Content
	ref       string
	ingest    *ingest
	algorithm digest.Algorithm
	digester  digest.Digester
	// updatedAt is the time of the last write. A truncation changes the time of the ingest, but not this time, as with
	// files.
	updatedAt time.Time
	committed digest.Digest // "" before the commit
	closed    bool
}

// Write appends p. It does not retain p.
func (w *writer) Write(p []byte) (int, error) {
	now := w.store.now()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.closed {
		return 0, fmt.Errorf("ingest %q: write: %w", w.ref, os.ErrClosed)
	}
	w.own()
	w.ingest.data = append(w.ingest.data, p...)
	w.ingest.updatedAt = now
	w.grow(len(p))
	w.digester.Hash().Write(p)
	w.updatedAt = now
	return len(p), nil
}

// Truncate drops all written bytes. size must be 0.
func (w *writer) Truncate(size int64) error {
	if size != 0 {
		return errors.New("truncate: only to nothing")
	}
	now := w.store.now()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if w.closed {
		return fmt.Errorf("ingest %q: truncate: %w", w.ref, os.ErrClosed)
	}
	w.own()
	w.grow(-len(w.ingest.data))
	w.ingest.data = nil
	w.ingest.updatedAt = now
	w.digester.Hash().Reset()
	return nil
}

// Digest returns the digest of the bytes written so far.
func (w *writer) Digest() digest.Digest {
	w.store.mu.RLock()
	defer w.store.mu.RUnlock()
	if w.committed != "" {
		return w.committed
	}
	return w.digester.Digest()
}

// Status returns the progress of the ingest.
func (w *writer) Status() (content.Status, error) {
	w.store.mu.RLock()
	defer w.store.mu.RUnlock()
	status := w.ingest.status(w.ref)
	status.UpdatedAt = w.updatedAt
	return status, nil
}

// Sync does nothing, because there is no disk.
func (w *writer) Sync() error { return nil }

// Close releases the reference and keeps the ingest, which can be resumed. A second Close does nothing.
func (w *writer) Close() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.release()
	return nil
}

// Commit turns the ingest into a blob, and closes the writer even if it fails. Errors:
//
//   - [errdefs.ErrFailedPrecondition]: the writer is closed, or the size or the digest does not match; the ingest
//     remains
//   - [errdefs.ErrAlreadyExists]: the store has the blob; the ingest is removed
//   - [fs.ErrNotExist]: the ingest was aborted
func (w *writer) Commit(_ context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	s := w.store
	defer w.Close()
	var base content.Info
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return err
		}
	}
	now := s.now()

	s.mu.Lock()
	defer s.mu.Unlock()
	data := w.ingest.data
	switch {
	case w.closed:
		return fmt.Errorf("ingest %q: commit on a closed writer: %w", w.ref, errdefs.ErrFailedPrecondition)
	case size > 0 && size != int64(len(data)):
		return fmt.Errorf("ingest %q: size %d, expected %d: %w", w.ref, len(data), size, errdefs.ErrFailedPrecondition)
	}
	held := s.holds(w.ref, w.ingest)
	if algorithm := algorithmOf(expected); algorithm.Available() && algorithm != w.algorithm {
		if !held {
			return w.aborted() // the bytes to hash again are gone with it
		}
		w.hash(algorithm)
	}
	dgst := w.digester.Digest()
	if expected != "" && expected != dgst {
		return fmt.Errorf("ingest %q: digest %q, expected %q: %w", w.ref, dgst, expected, errdefs.ErrFailedPrecondition)
	}
	if _, ok := s.blobs.Get(dgst); ok {
		if held {
			s.removeIngest(w.ref)
		}
		return fmt.Errorf("content %q: %w", dgst, errdefs.ErrAlreadyExists)
	}
	if !held {
		return w.aborted()
	}
	w.committed = dgst
	s.removeIngest(w.ref)
	s.setBlob(&blob{
		info: content.Info{
			Digest:    dgst,
			Size:      int64(len(data)),
			CreatedAt: now,
			UpdatedAt: now,
		},
		labels: listLabels(base.Labels),
		data:   fitted(data),
	})
	return nil
}

// own replaces the ingest with a copy that may be changed in place.
func (w *writer) own() { w.ingest = w.store.ownIngest(w.ref, w.ingest) }

// grow adds bytes to the store's total, unless the store no longer has the ingest.
func (w *writer) grow(n int) {
	if w.store.holds(w.ref, w.ingest) {
		w.store.size += int64(n)
	}
}

// hash returns the digest of the bytes written so far by an algorithm.
func (w *writer) hash(algorithm digest.Algorithm) {
	w.algorithm = algorithm
	w.digester = algorithm.Digester()
	w.digester.Hash().Write(w.ingest.data)
}

// algorithmOf returns the algorithm of a digest, even of an invalid one.
func algorithmOf(dgst digest.Digest) digest.Algorithm {
	name, _, _ := strings.Cut(dgst.String(), ":")
	return digest.Algorithm(name)
}

func (w *writer) aborted() error {
	return fmt.Errorf("ingest %q: aborted before its commit: %w", w.ref, fs.ErrNotExist)
}

func (w *writer) release() {
	if !w.closed {
		w.closed = true
		delete(w.store.writing, w.ref)
	}
}

// fitted returns data without spare capacity, if that is worth a copy. The result is never nil.
func fitted(data []byte) []byte {
	if data == nil || cap(data)-len(data) > len(data)/8 {
		return append([]byte{}, data...)
	}
	return data
}

var _ interface {
	content.Writer
	content.Syncer
} = (*writer)(nil)

package metadata

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// contentWriter writes one ingest of one namespace. It has two states. While sharing, it writes nothing: the ingest
// shares the blob of its descriptor, which the backend already has. While writing, it forwards to a backend writer. The
// first Write or Truncate changes it from sharing to writing and copies the blob. It never returns to sharing.
//
// Like any content.Writer, it serves one goroutine at a time.
type contentWriter struct {
	ctx   context.Context // of the call that opened the writer
	store *contentStore
	ns    string
	ref   string

	// desc is the caller's descriptor. Invariant: while sharing, Digest is not empty and Size is the blob's size.
	desc ocispec.Descriptor

	backend    content.Writer // nil while sharing
	backendRef string         // never empty in an open writer
	startedAt  time.Time
}

// Close unlocks the reference. The ingest remains, and another Writer call can resume it.
func (w *contentWriter) Close() error {
	if w.backend == nil {
		return nil
	}
	return w.backend.Close()
}

// Write appends p.
func (w *contentWriter) Write(p []byte) (int, error) {
	if w.backend == nil {
		if len(p) == 0 {
			return 0, nil
		}
		if err := w.copyBlob(w.desc.Size); err != nil {
			return 0, err
		}
	}
	return w.backend.Write(p)
}

// Truncate cuts the ingest to size bytes. The backend decides which sizes it supports; many support only 0.
func (w *contentWriter) Truncate(size int64) error {
	if w.backend == nil {
		return w.copyBlob(size)
	}
	return w.backend.Truncate(size)
}

// Digest returns the digest of the bytes written so far.
func (w *contentWriter) Digest() digest.Digest {
	if w.backend == nil {
		return w.desc.Digest
	}
	return w.backend.Digest()
}

// Status returns the state of the ingest, under the namespace's reference.
func (w *contentWriter) Status() (content.Status, error) {
	if w.backend == nil {
		return content.Status{
			Ref:       w.ref,
			Offset:    w.desc.Size,
			Total:     w.desc.Size,
			Expected:  w.desc.Digest,
			StartedAt: w.startedAt,
			UpdatedAt: w.startedAt,
		}, nil
	}
	status, err := w.backend.Status()
	if err == nil {
		status.Ref = w.ref
	}
	return status, err
}

// Sync flushes the written bytes to disk, if the backend writer is a content.Syncer.
func (w *contentWriter) Sync() error {
	if syncer, ok := w.backend.(content.Syncer); ok {
		return syncer.Sync()
	}
	return nil
}

// copyBlob changes the writer from sharing to writing and copies the first size bytes of the shared blob.
func (w *contentWriter) copyBlob(size int64) error {
	desc := w.desc
	desc.Size, desc.Digest = size, ""
	backend, err := w.store.backend.Writer(w.ctx, content.WithRef(w.backendRef), content.WithDescriptor(desc))
	w.store.db.dirt.suspect(backendPart{key: w.backendRef, ingest: true})
	if err != nil {
		return err
	}
	// The ingest's record may have been removed since, and then no record names the backend's ingest.
	w.store.db.stayDirty(w.store.db.dirt.markContent)
	if size > 0 {
		if err := w.fill(backend, size); err != nil {
			backend.Close()
			return err
		}
	}
	w.backend = backend
	return nil
}

// fill copies the first size bytes of the shared blob to backend.
func (w *contentWriter) fill(backend content.Writer, size int64) error {
	from, err := w.store.backend.ReaderAt(w.ctx, w.desc)
	if err != nil {
		return err
	}
	defer from.Close()
	return content.CopyReaderAt(backend, from, size)
}

// Commit turns the ingest into a blob of the writer's namespace and adds the blob to the lease of ctx. Errors:
//
//   - [errdefs.ErrFailedPrecondition]: the size or the digest differs from the expected one
//   - [errdefs.ErrAlreadyExists]: the namespace has the blob; Commit removes the ingest and adds the blob to the lease
//   - [errdefs.ErrNotFound]: the lease of ctx does not exist
//   - [errdefs.ErrInvalidArgument]: a label is too long
//   - [content.ErrReset] and [errdefs.ErrAborted]: the backend has lost the shared blob; the writer is now at offset 0,
//     and the caller must write all bytes
//   - errors of the backend's Info and Commit
func (w *contentWriter) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	if ns, ok := namespaces.Namespace(ctx); !ok || ns != w.ns {
		ctx = namespaces.WithNamespace(ctx, w.ns)
	}
	w.store.l.RLock()
	defer w.store.l.RUnlock()

	// Wait for slow disks before the transaction, not inside it.
	if err := w.Sync(); err != nil {
		w.Close()
		return fmt.Errorf("ingest %q: sync: %w", w.ref, err)
	}

	var committed content.Info
	var exists error
	var ingest memkv.Frozen
	shared := w.backend == nil
	err := update(ctx, w.store.db, func(tx *memkv.Tx) error {
		ingest, _ = tx.FrozenAt(schema.KeyVersion1, w.ns, schema.KeyContent, schema.KeyIngests, w.ref)
		shared = shared || len(ingest.Get(schema.KeyExpected)) > 0
		var err error
		committed, err = w.commit(ctx, tx, size, expected, opts)
		if errdefs.IsAlreadyExists(err) {
			exists, err = err, nil
		}
		if err != nil {
			return err
		}
		if err := deleteRecord(ingestsBucket(tx, w.ns), w.ref); err != nil && !errdefs.IsNotFound(err) {
			return err
		}
		if err := detachLease(ctx, tx, w.ns, w.ref, schema.KeyIngests); err != nil {
			return err
		}
		_, err = attachLease(ctx, tx, w.ns, string(committed.Digest), schema.KeyContent)
		return err
	})
	w.suspect(ctx, err, ingest)
	if shared {
		// The backend may hold bytes that were written before the ingest shared a blob. The removed ingest may have
		// been the last name of the shared blob.
		w.store.db.stayDirty(w.store.db.dirt.markContent)
	} else {
		w.store.db.doubt(ctx, err, backendPart{key: string(w.backend.Digest())})
	}
	switch {
	case errors.Is(err, content.ErrReset):
		if failed := w.copyBlob(0); failed != nil {
			return failed
		}
		return err
	case err != nil:
		return err
	case exists != nil:
		return exists
	}
	return w.store.db.publish(ctx, "/content/create", &events.ContentCreate{
		Digest:    committed.Digest.String(),
		Size:      committed.Size,
		MediaType: w.desc.MediaType,
	})
}

// suspect is called after a commit. It suspects the ingest, and the blob that the ingest shared, if they may be left.
func (w *contentWriter) suspect(ctx context.Context, err error, ingest memkv.Frozen) {
	_, open := boltutil.Transaction(ctx)
	ref := string(ingest.Get(schema.KeyRef))
	plain := w.backend != nil && len(ingest.Get(schema.KeyExpected)) == 0 && ref == w.backendRef
	if plain && !open && err == nil {
		return // the backend has turned the ingest into the blob, which has a record now
	}
	parts := append(partsOfIngest(ingest), backendPart{key: w.backendRef, ingest: true})
	if w.backend == nil {
		parts = append(parts, backendPart{key: string(w.desc.Digest)})
	} else {
		parts = append(parts, backendPart{key: string(w.backend.Digest())})
	}
	w.store.db.dirt.suspect(parts...)
}

// commit commits to the backend and creates the blob's record. With ErrAlreadyExists it also returns the blob's digest.
func (w *contentWriter) commit(
	ctx context.Context, tx *memkv.Tx, size int64, expected digest.Digest, opts []content.Opt,
) (content.Info, error) {
	var base content.Info
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			w.Close()
			return content.Info{}, err
		}
	}
	if err := validateLabels(base.Labels); err != nil {
		w.Close()
		return content.Info{}, err
	}
	dgst, size, err := w.commitBackend(ctx, size, expected)
	if err != nil {
		return content.Info{}, err
	}

	now := w.store.db.opts.clock.now()
	info := content.Info{Digest: dgst, Size: size, CreatedAt: now, UpdatedAt: now, Labels: base.Labels}
	blobs, err := ensureBucket(tx, schema.KeyVersion1, w.ns, schema.KeyContent, schema.KeyBlob)
	if err != nil {
		return content.Info{}, err
	}
	if _, ok := blobs.FrozenAt(string(dgst)); ok {
		return info, contentFailure(dgst, errdefs.ErrAlreadyExists)
	}
	return info, blobTable.put(blobs, &info, memkv.Frozen{})
}

// commitBackend ensures that the backend has the blob, and returns its digest and size.
func (w *contentWriter) commitBackend(
	ctx context.Context, size int64, expected digest.Digest,
) (digest.Digest, int64, error) {
	if w.backend == nil {
		if expected != "" && expected != w.desc.Digest {
			return "", 0, fmt.Errorf("ingest %q: digest %q, expected %q: %w",
				w.ref, w.desc.Digest, expected, errdefs.ErrFailedPrecondition)
		}
		if err := w.checkSize(w.desc.Size, size); err != nil {
			return "", 0, err
		}
		return w.desc.Digest, w.desc.Size, w.checkShared(ctx)
	}
	status, err := w.backend.Status()
	if err == nil {
		err = w.checkSize(status.Offset, size)
	}
	if err != nil {
		w.Close()
		return "", 0, err
	}
	// AlreadyExists means that another namespace has the blob, which is fine.
	if err := w.backend.Commit(ctx, status.Offset, expected); err != nil {
		w.store.db.dirt.suspect(backendPart{key: w.backendRef, ingest: true})
		if !errdefs.IsAlreadyExists(err) {
			return "", 0, err
		}
	}
	return w.backend.Digest(), status.Offset, nil
}

// checkShared ensures that the backend still has the shared blob. An aborted or expired ingest no longer protects the
// blob's bytes. containerd has no such check: it creates a record of a blob that nobody can read.
//
// On content.ErrReset, content.Copy writes the bytes again. Over gRPC only the error's class arrives, which is Aborted:
// it tells a client to restart at a higher level, as the next pull does. Other classes would mislead: NotFound suggests
// a missing lease, FailedPrecondition a wrong digest, and Unavailable makes clients repeat a call that cannot succeed.
func (w *contentWriter) checkShared(ctx context.Context) error {
	_, err := w.store.backend.Info(ctx, w.desc.Digest)
	switch {
	case errdefs.IsNotFound(err):
		return fmt.Errorf("ingest %q: blob %q of another namespace is gone, write it again: %w: %w",
			w.ref, w.desc.Digest, content.ErrReset, errdefs.ErrAborted)
	case err != nil:
		return fmt.Errorf("ingest %q: blob %q of another namespace: %w", w.ref, w.desc.Digest, err)
	}
	return nil
}

func (w *contentWriter) checkSize(size, expected int64) error {
	if expected != 0 && expected != size {
		return fmt.Errorf("ingest %q: size %d, expected %d: %w",
			w.ref, size, expected, errdefs.ErrFailedPrecondition)
	}
	return nil
}

var _ interface {
	content.Writer
	content.Syncer
} = (*contentWriter)(nil)

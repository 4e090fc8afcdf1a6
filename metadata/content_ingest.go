package metadata

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// ingestLifetime is the time from the last Writer call to the expiry of an ingest that no lease references.
const ingestLifetime = 24 * time.Hour

// statusFilters are the fields of an ingest that filters can test.
var statusFilters = []filterField[content.Status]{
	presentFilter("ref", func(s *content.Status) string { return s.Ref }),
}

// ListStatuses returns the ingests of the namespace that match the filters, sorted by reference. It skips ingests that
// the backend has lost.
func (cs *contentStore) ListStatuses(ctx context.Context, fs ...string) ([]content.Status, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return nil, err
	}
	filter, err := parseFilters(fs)
	if err != nil {
		return nil, err
	}
	var ingests memkv.Frozen
	err = view(ctx, cs.db, func(tx *memkv.Tx) error {
		ingests, _ = tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests)
		return nil
	})
	if err != nil {
		return nil, err
	}
	statuses := []content.Status{}
	for ref, e := range ingests.All() {
		if !e.IsBucket() {
			continue
		}
		status, err := cs.backend.Status(ctx, string(e.Bucket().Get(schema.KeyRef)))
		switch {
		case errdefs.IsNotFound(err):
			continue
		case err != nil:
			return nil, err
		}
		status.Ref = ref
		if filter.Match(&candidate[content.Status]{o: &status, fields: statusFilters}) {
			statuses = append(statuses, status)
		}
	}
	return statuses, nil
}

// Status returns the state of an ingest of the namespace, for example its offset.
func (cs *contentStore) Status(ctx context.Context, ref string) (content.Status, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return content.Status{}, err
	}
	var backendRef string
	err = view(ctx, cs.db, func(tx *memkv.Tx) error {
		record, _ := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests, ref)
		if backendRef = string(record.Get(schema.KeyRef)); backendRef == "" {
			return ingestFailure(ref, errdefs.ErrNotFound)
		}
		return nil
	})
	if err != nil {
		return content.Status{}, err
	}
	status, err := cs.backend.Status(ctx, backendRef)
	if err != nil {
		return content.Status{}, err
	}
	status.Ref = ref
	return status, nil
}

// Abort removes an ingest from the namespace. It also removes the ingest from the backend, unless the ingest shares a
// blob of another namespace.
func (cs *contentStore) Abort(ctx context.Context, ref string) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	cs.l.RLock()
	defer cs.l.RUnlock()

	return update(ctx, cs.db, func(tx *memkv.Tx) error {
		record, _ := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests, ref)
		backendRef := string(record.Get(schema.KeyRef))
		if backendRef == "" {
			return ingestFailure(ref, errdefs.ErrNotFound)
		}
		if err := ingestsBucket(tx, ns).DeleteBucket([]byte(ref)); err != nil {
			return err
		}
		cs.db.dirt.suspect(partsOfIngest(record)...)
		if err := detachLease(ctx, tx, ns, ref, schema.KeyIngests); err != nil {
			return err
		}
		if len(record.Get(schema.KeyExpected)) > 0 {
			// The backend may hold bytes that were written before the ingest shared a blob.
			cs.db.stayDirty(cs.db.dirt.markContent)
			return nil
		}
		return cs.backend.Abort(ctx, backendRef)
	})
}

// Writer starts or resumes the ingest with the given reference in the namespace. If the descriptor names a blob that
// the sharing policy allows, the writer starts at the blob's end, and the caller can commit without writing. Errors:
//
//   - [errdefs.ErrInvalidArgument]: no reference
//   - [errdefs.ErrAlreadyExists]: the namespace has the descriptor's blob; Writer adds it to the lease of ctx
//   - [errdefs.ErrNotFound]: the lease of ctx does not exist
//   - errors of the backend's Writer
func (cs *contentStore) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var want content.WriterOpts
	for _, opt := range opts {
		if err := opt(&want); err != nil {
			return nil, err
		}
	}
	if want.Ref == "" {
		return nil, fmt.Errorf("ingest: a reference is required: %w", errdefs.ErrInvalidArgument)
	}
	ns, err := namespaceOf(ctx)
	if err != nil {
		return nil, err
	}
	cs.l.RLock()
	defer cs.l.RUnlock()

	w := &contentWriter{ctx: ctx, store: cs, ns: ns, ref: want.Ref, desc: want.Desc, startedAt: cs.db.opts.clock.now()}
	exists, asked := false, false
	var replaced memkv.Frozen // the ingest's record before the call
	err = update(ctx, cs.db, func(tx *memkv.Tx) (err error) {
		dgst := string(want.Desc.Digest)
		if _, exists = tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyBlob, dgst); exists {
			_, err := attachLease(ctx, tx, ns, dgst, schema.KeyContent)
			return err
		}
		replaced, _ = tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests, want.Ref)
		share := cs.share(ctx, tx, &w.desc)
		if w.backendRef, err = openIngest(ctx, tx, ns, want.Ref, share, w.startedAt); err != nil || share != "" {
			return err
		}
		// Omit the digest: the backend would refuse to write a blob that it already has, also if this namespace
		// doesn't have that blob.
		desc := w.desc
		desc.Digest = ""
		asked = true
		w.backend, err = cs.backend.Writer(ctx, content.WithRef(w.backendRef), content.WithDescriptor(desc))
		return err
	})
	if asked {
		cs.db.doubt(ctx, err, backendPart{key: w.backendRef, ingest: true})
	}
	if len(replaced.Get(schema.KeyExpected)) > 0 {
		cs.db.dirt.suspect(partsOfIngest(replaced)...) // the ingest may share another blob now
	}
	switch {
	case err != nil:
		w.Close()
		return nil, err
	case exists:
		return nil, contentFailure(want.Desc.Digest, errdefs.ErrAlreadyExists)
	}
	return w, nil
}

// share returns the descriptor's digest and completes its size, if the namespace may get that blob without writing it.
// Otherwise it returns "". A descriptor with a wrong size is not shared; its commit fails later.
func (cs *contentStore) share(ctx context.Context, tx *memkv.Tx, desc *ocispec.Descriptor) digest.Digest {
	if desc.Digest == "" || !cs.shared && !isShareable(tx, desc.Digest) {
		return ""
	}
	info, err := cs.backend.Info(ctx, desc.Digest)
	if err != nil || desc.Size != 0 && desc.Size != info.Size {
		return ""
	}
	desc.Size = info.Size
	return desc.Digest
}

// isShareable reports whether any namespace that is labelled as shareable has the blob.
func isShareable(tx *memkv.Tx, dgst digest.Digest) bool {
	all, _ := tx.FrozenAt(schema.KeyVersion1)
	for _, e := range all.All() {
		ns := e.Bucket()
		nsLabels, _ := ns.Bucket(schema.KeyLabels)
		if string(nsLabels.Get(labels.LabelSharedNamespace)) != "true" {
			continue
		}
		if _, ok := ns.BucketAt(schema.KeyContent, schema.KeyBlob, string(dgst)); ok {
			return true
		}
	}
	return false
}

// openIngest finds or creates the record of an ingest and returns its reference in the backend. share is the digest of
// the blob that the ingest shares, or "".
func openIngest(ctx context.Context, tx *memkv.Tx, ns, ref string, share digest.Digest, now time.Time) (string, error) {
	b, err := ensureBucket(tx, schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests, ref)
	if err != nil {
		return "", err
	}
	leased, err := attachLease(ctx, tx, ns, ref, schema.KeyIngests)
	if err != nil {
		return "", err
	}
	backendRef := string(b.Get([]byte(schema.KeyRef)))
	if backendRef == "" {
		if backendRef, err = newBackendKey(b, ns, ref); err != nil {
			return "", err
		}
		if err := b.Put([]byte(schema.KeyRef), []byte(backendRef)); err != nil {
			return "", err
		}
	}
	if !leased {
		expireAt, err := schema.AppendTime(nil, now.Add(ingestLifetime))
		if err != nil {
			return "", err
		}
		if err := b.Put([]byte(schema.KeyExpireAt), expireAt); err != nil {
			return "", err
		}
	}
	if share == "" {
		return backendRef, nil
	}
	return backendRef, b.Put([]byte(schema.KeyExpected), []byte(share))
}

// partsOfIngest returns the parts of the backend that the record of an ingest names: the ingest, and the blob that it
// shares.
func partsOfIngest(record memkv.Frozen) (parts []backendPart) {
	if ref := record.Get(schema.KeyRef); len(ref) > 0 {
		parts = append(parts, backendPart{key: string(ref), ingest: true})
	}
	if dgst := record.Get(schema.KeyExpected); len(dgst) > 0 {
		parts = append(parts, backendPart{key: string(dgst)})
	}
	return parts
}

func ingestsBucket(tx *memkv.Tx, ns string) *memkv.Bucket {
	return tx.BucketAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyIngests)
}

func ingestFailure(ref string, err error) error { return fmt.Errorf("ingest %q: %w", ref, err) }

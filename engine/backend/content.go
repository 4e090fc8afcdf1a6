package backend

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// Content is a [content.Store] in memory, with labels.
type Content struct {
	now func() time.Time

	// mu is never held during a call of other code. So it can be a plain lock even if a scheduler parks waiting
	// callers.
	mu      sync.RWMutex
	blobs   *btree.Map[digest.Digest, *blob]
	ingests *btree.Map[string, *ingest]
	// writing maps the references of open writers to the times at which they were opened.
	writing map[string]time.Time
	// line marks the ingests whose bytes this store may append to in place. A fork begins a new line on both sides.
	line *line
	size int64
	sum  sum // of the blobs
}

// blob is a committed blob. It is immutable: an update replaces it.
type blob struct {
	info   content.Info // without labels
	labels labelList
	// data is nil if only the size of the blob is known.
	data []byte
}

// line is compared by address, so its size must not be 0.
type line struct{ _ byte }

// NewContent returns an empty content store with now as its clock.
func NewContent(now func() time.Time) *Content {
	return &Content{
		now:     now,
		blobs:   btree.NewMap[digest.Digest, *blob](degree),
		ingests: btree.NewMap[string, *ingest](degree),
		writing: map[string]time.Time{},
		line:    new(line),
	}
}

// degree is the degree of the trees. It is small, because after a fork each change copies the nodes on its path.
const degree = 8

// Fork returns an independent store with the same blobs and ingests, in constant time. Open writers belong to s: in the
// fork their references are free, and their ingests can be resumed. A nil now keeps the clock of s.
func (s *Content) Fork(now func() time.Time) *Content {
	if now == nil {
		now = s.now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = new(line)
	return &Content{
		now:     now,
		blobs:   s.blobs.Copy(),
		ingests: s.ingests.Copy(),
		writing: map[string]time.Time{},
		line:    new(line),
		size:    s.size,
		sum:     s.sum,
	}
}

// Place adds or replaces a blob without content. It can be found, listed and deleted like any other blob, but reading
// it fails with a failed precondition. The digest is not validated.
func (s *Content) Place(info content.Info) {
	labels := listLabels(info.Labels)
	info.Labels = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setBlob(&blob{info: info, labels: labels})
}

// Size returns the number of bytes of all committed blobs and ingests.
func (s *Content) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.size
}

// Info returns the record of a blob.
func (s *Content) Info(_ context.Context, dgst digest.Digest) (content.Info, error) {
	b, err := s.blob(dgst)
	if err != nil {
		return content.Info{}, err
	}
	return b.read(), nil
}

// Update replaces all labels of a blob, or the labels in fieldpaths.
func (s *Content) Update(_ context.Context, info content.Info, fieldpaths ...string) (content.Info, error) {
	if err := validDigest(info.Digest); err != nil {
		return content.Info{}, err
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.blobs.Get(info.Digest)
	if !ok {
		return content.Info{}, noContent(info.Digest)
	}
	labels, err := updatedLabels(old.labels, info.Labels, fieldpaths)
	if err != nil {
		return content.Info{}, fmt.Errorf("content %q: %w", info.Digest, err)
	}
	updated := *old
	updated.labels = labels
	updated.info.UpdatedAt = now
	s.setBlob(&updated)
	return updated.read(), nil
}

// Walk calls fn for every blob that passes the filters, in the order of digests. It walks the state at the time of the
// call, so fn may change the store.
func (s *Content) Walk(_ context.Context, fn content.WalkFunc, fs ...string) error {
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		return err
	}
	s.mu.RLock()
	blobs := s.blobs.Values()
	s.mu.RUnlock()
	for _, b := range blobs {
		info := b.read()
		if len(fs) > 0 && !filter.Match(content.AdaptInfo(info)) {
			continue
		}
		if err := fn(info); err != nil {
			return err
		}
	}
	return nil
}

// Delete removes a blob. A missing blob is no error. Open readers keep their bytes.
func (s *Content) Delete(_ context.Context, dgst digest.Digest) error {
	if err := validDigest(dgst); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.blobs.Delete(dgst); ok {
		s.account(old, -1)
	}
	return nil
}

// ReaderAt opens a blob by the digest of the descriptor; its other fields are ignored.
func (s *Content) ReaderAt(_ context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	b, err := s.blob(desc.Digest)
	if err != nil {
		return nil, err
	}
	if b.data == nil && b.info.Size > 0 {
		return nil, fmt.Errorf("content %q: only its size is known: %w", desc.Digest, errdefs.ErrFailedPrecondition)
	}
	return &reader{data: b.data}, nil
}

func (s *Content) blob(dgst digest.Digest) (*blob, error) {
	if err := validDigest(dgst); err != nil {
		return nil, err
	}
	s.mu.RLock()
	b, ok := s.blobs.Get(dgst)
	s.mu.RUnlock()
	if !ok {
		return nil, noContent(dgst)
	}
	return b, nil
}

// setBlob requires the write lock.
func (s *Content) setBlob(b *blob) {
	if old, ok := s.blobs.Set(b.info.Digest, b); ok {
		s.account(old, -1)
	}
	s.account(b, +1)
}

// account updates the totals for an added blob (sign 1) or a removed one (sign -1). It requires the write lock.
func (s *Content) account(b *blob, sign int) {
	s.size += int64(sign) * b.info.Size
	if s.sum.known {
		s.sum.account(b.hash(), sign)
	}
}

func (b *blob) read() content.Info {
	info := b.info
	info.Labels = b.labels.toMap()
	return info
}

func validDigest(dgst digest.Digest) error {
	if err := schema.ValidateDigest(dgst); err != nil {
		return fmt.Errorf("content %q: %w: %w", dgst, err, errdefs.ErrInvalidArgument)
	}
	return nil
}

func noContent(dgst digest.Digest) error {
	return fmt.Errorf("content %q: %w", dgst, errdefs.ErrNotFound)
}

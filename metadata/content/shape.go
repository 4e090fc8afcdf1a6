//go:build wasm

package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Store stores blobs and ingests.
type Store interface {
	Manager
	Provider
	IngestManager
	Ingester
}

// Manager reads, changes, lists and deletes the records of blobs.
type Manager interface {
	InfoProvider
	Update(ctx context.Context, info Info, fieldpaths ...string) (Info, error)
	Walk(ctx context.Context, fn WalkFunc, filters ...string) error
	Delete(ctx context.Context, dgst digest.Digest) error
}

// InfoProvider returns the record of a blob.
type InfoProvider interface {
	Info(ctx context.Context, dgst digest.Digest) (Info, error)
}

// Provider opens blobs for reading.
type Provider interface {
	ReaderAt(ctx context.Context, desc ocispec.Descriptor) (ReaderAt, error)
}

// Ingester opens Writers for new blobs.
type Ingester interface {
	Writer(ctx context.Context, opts ...WriterOpt) (Writer, error)
}

// IngestManager lists and aborts ingests, the blobs that are not committed yet.
type IngestManager interface {
	Status(ctx context.Context, ref string) (Status, error)
	ListStatuses(ctx context.Context, filters ...string) ([]Status, error)
	Abort(ctx context.Context, ref string) error
}

// Info is the record of a blob.
type Info struct {
	Digest    digest.Digest
	Size      int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Labels    map[string]string
}

// Status is the state of an ingest.
type Status struct {
	Ref       string
	Offset    int64 // bytes written
	Total     int64 // bytes expected, 0 if unknown
	Expected  digest.Digest
	StartedAt time.Time
	UpdatedAt time.Time
}

// ReaderAt reads a blob. Its user closes it.
type ReaderAt interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Writer writes an ingest and commits it as a blob. It serves one goroutine at a time.
type Writer interface {
	io.WriteCloser
	Digest() digest.Digest
	Commit(ctx context.Context, size int64, expected digest.Digest, opts ...Opt) error
	Status() (Status, error)
	Truncate(size int64) error
}

// Syncer is a Writer that can flush the written bytes to disk.
type Syncer interface {
	Sync() error
}

// WalkFunc is the callback of Walk. An error ends the walk.
type WalkFunc func(Info) error

// Opt is an option of Commit.
type Opt func(*Info) error

// ErrReset is returned by Commit if the writer went back to offset 0 and the caller must write all bytes again.
var ErrReset = errors.New("writer has been reset")

// WithLabels sets the labels of the committed blob.
func WithLabels(labels map[string]string) Opt {
	return func(info *Info) error {
		info.Labels = labels
		return nil
	}
}

// WriterOpt is an option of Ingester.Writer.
type WriterOpt func(*WriterOpts) error

// WriterOpts are the values that WriterOpt options set.
type WriterOpts struct {
	Ref  string
	Desc ocispec.Descriptor
}

// WithDescriptor sets the expected digest, size and media type.
func WithDescriptor(desc ocispec.Descriptor) WriterOpt {
	return func(o *WriterOpts) error {
		o.Desc = desc
		return nil
	}
}

// WithRef sets the reference of the ingest. A later Writer with the same reference resumes it.
func WithRef(ref string) WriterOpt {
	return func(o *WriterOpts) error {
		o.Ref = ref
		return nil
	}
}

// copyAtOnce is the size of one Write in bytes, as in the native implementation.
const copyAtOnce = 1 << 20

// CopyReaderAt copies n bytes from a reader to w, starting at w's offset.
func CopyReaderAt(w Writer, from ReaderAt, n int64) error {
	status, err := w.Status()
	if err != nil {
		return err
	}
	buffer := make([]byte, max(1, min(n, copyAtOnce)))
	copied, err := io.CopyBuffer(w, io.NewSectionReader(from, status.Offset, n), buffer)
	if err != nil {
		return fmt.Errorf("failed to copy: %w", err)
	}
	if copied < n {
		return fmt.Errorf("failed to read expected number of bytes: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// AdaptInfo returns the fields of a blob that filters can test.
func AdaptInfo(info Info) filters.Adaptor {
	return filters.AdapterFunc(func(path []string) (string, bool) {
		switch {
		case len(path) == 0:
		case path[0] == "digest":
			return info.Digest.String(), true
		case path[0] == "labels":
			value, ok := info.Labels[strings.Join(path[1:], ".")]
			return value, ok
		}
		return "", false
	})
}

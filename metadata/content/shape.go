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

// Store keeps blobs.
type Store interface {
	Manager
	Provider
	IngestManager
	Ingester
}

// Manager knows blobs, and what is known of them.
type Manager interface {
	InfoProvider
	Update(ctx context.Context, info Info, fieldpaths ...string) (Info, error)
	Walk(ctx context.Context, fn WalkFunc, filters ...string) error
	Delete(ctx context.Context, dgst digest.Digest) error
}

// InfoProvider knows blobs.
type InfoProvider interface {
	Info(ctx context.Context, dgst digest.Digest) (Info, error)
}

// Provider opens blobs.
type Provider interface {
	ReaderAt(ctx context.Context, desc ocispec.Descriptor) (ReaderAt, error)
}

// Ingester makes blobs.
type Ingester interface {
	Writer(ctx context.Context, opts ...WriterOpt) (Writer, error)
}

// IngestManager knows the blobs that are being made.
type IngestManager interface {
	Status(ctx context.Context, ref string) (Status, error)
	ListStatuses(ctx context.Context, filters ...string) ([]Status, error)
	Abort(ctx context.Context, ref string) error
}

// Info describes one blob.
type Info struct {
	Digest    digest.Digest
	Size      int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Labels    map[string]string
}

// Status describes a blob that is being made.
type Status struct {
	Ref       string
	Offset    int64 // how much was written
	Total     int64 // how much is expected
	Expected  digest.Digest
	StartedAt time.Time
	UpdatedAt time.Time
}

// ReaderAt reads a blob.
type ReaderAt interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Writer writes a blob.
type Writer interface {
	io.WriteCloser
	Digest() digest.Digest
	Commit(ctx context.Context, size int64, expected digest.Digest, opts ...Opt) error
	Status() (Status, error)
	Truncate(size int64) error
}

// Syncer is a Writer that can bring what was written to the disk.
type Syncer interface {
	Sync() error
}

// WalkFunc is called for each blob of a walk.
type WalkFunc func(Info) error

// Opt sets a property of a blob that is being committed.
type Opt func(*Info) error

// ErrReset is the error of a commit after which the writer begins anew.
var ErrReset = errors.New("writer has been reset")

// WithLabels sets the labels of a blob that is being committed.
func WithLabels(labels map[string]string) Opt {
	return func(info *Info) error {
		info.Labels = labels
		return nil
	}
}

// WriterOpt sets what a Writer is for.
type WriterOpt func(*WriterOpts) error

// WriterOpts are what a Writer is for.
type WriterOpts struct {
	Ref  string
	Desc ocispec.Descriptor
}

// WithDescriptor sets what is expected to be written.
func WithDescriptor(desc ocispec.Descriptor) WriterOpt {
	return func(o *WriterOpts) error {
		o.Desc = desc
		return nil
	}
}

// WithRef sets the name under which a Writer can be resumed.
func WithRef(ref string) WriterOpt {
	return func(o *WriterOpts) error {
		o.Ref = ref
		return nil
	}
}

// copyAtOnce is how many bytes one Write gets, as natively.
const copyAtOnce = 1 << 20

// CopyReaderAt copies n bytes to w, from the place on to which w has come.
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

// AdaptInfo returns what filters see of a blob.
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

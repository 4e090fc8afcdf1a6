//go:build !wasm

package content

import (
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/filters"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type (
	// Store stores blobs and ingests.
	Store = content.Store
	// Manager reads, changes, lists and deletes the records of blobs.
	Manager = content.Manager
	// InfoProvider returns the record of a blob.
	InfoProvider = content.InfoProvider
	// Provider opens blobs for reading.
	Provider = content.Provider
	// Ingester opens Writers for new blobs.
	Ingester = content.Ingester
	// IngestManager lists and aborts ingests, the blobs that are not committed yet.
	IngestManager = content.IngestManager
	// Info is the record of a blob.
	Info = content.Info
	// Status is the state of an ingest.
	Status = content.Status
	// ReaderAt reads a blob. Its user closes it.
	ReaderAt = content.ReaderAt
	// Writer writes an ingest and commits it as a blob. It serves one goroutine at a time.
	Writer = content.Writer
	// Syncer is a Writer that can flush the written bytes to disk.
	Syncer = content.Syncer
	// WalkFunc is the callback of Walk. An error ends the walk.
	WalkFunc = content.WalkFunc
	// Opt is an option of Commit.
	Opt = content.Opt
	// WriterOpt is an option of Ingester.Writer.
	WriterOpt = content.WriterOpt
	// WriterOpts are the values that WriterOpt options set.
	WriterOpts = content.WriterOpts
)

// ErrReset is returned by Commit if the writer went back to offset 0 and the caller must write all bytes again.
var ErrReset = content.ErrReset

// WithLabels sets the labels of the committed blob.
func WithLabels(labels map[string]string) Opt { return content.WithLabels(labels) }

// WithDescriptor sets the expected digest, size and media type.
func WithDescriptor(desc ocispec.Descriptor) WriterOpt { return content.WithDescriptor(desc) }

// WithRef sets the reference of the ingest. A later Writer with the same reference resumes it.
func WithRef(ref string) WriterOpt { return content.WithRef(ref) }

// CopyReaderAt copies n bytes from a reader to w, starting at w's offset.
func CopyReaderAt(w Writer, from ReaderAt, n int64) error { return content.CopyReaderAt(w, from, n) }

// AdaptInfo returns the fields of a blob that filters can test.
func AdaptInfo(info Info) filters.Adaptor { return content.AdaptInfo(info) }

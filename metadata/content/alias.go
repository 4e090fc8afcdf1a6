//go:build !wasm

package content

import (
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/filters"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type (
	// Store keeps blobs.
	Store = content.Store
	// Manager knows blobs, and what is known of them.
	Manager = content.Manager
	// InfoProvider knows blobs.
	InfoProvider = content.InfoProvider
	// Provider opens blobs.
	Provider = content.Provider
	// Ingester makes blobs.
	Ingester = content.Ingester
	// IngestManager knows the blobs that are being made.
	IngestManager = content.IngestManager
	// Info describes one blob.
	Info = content.Info
	// Status describes a blob that is being made.
	Status = content.Status
	// ReaderAt reads a blob.
	ReaderAt = content.ReaderAt
	// Writer writes a blob.
	Writer = content.Writer
	// Syncer is a Writer that can bring what was written to the disk.
	Syncer = content.Syncer
	// WalkFunc is called for each blob of a walk.
	WalkFunc = content.WalkFunc
	// Opt sets a property of a blob that is being committed.
	Opt = content.Opt
	// WriterOpt sets what a Writer is for.
	WriterOpt = content.WriterOpt
	// WriterOpts are what a Writer is for.
	WriterOpts = content.WriterOpts
)

// ErrReset is the error of a commit after which the writer begins anew.
var ErrReset = content.ErrReset

// WithLabels sets the labels of a blob that is being committed.
func WithLabels(labels map[string]string) Opt { return content.WithLabels(labels) }

// WithDescriptor sets what is expected to be written.
func WithDescriptor(desc ocispec.Descriptor) WriterOpt { return content.WithDescriptor(desc) }

// WithRef sets the name under which a Writer can be resumed.
func WithRef(ref string) WriterOpt { return content.WithRef(ref) }

// CopyReaderAt copies n bytes to w, from the place on to which w has come.
func CopyReaderAt(w Writer, from ReaderAt, n int64) error { return content.CopyReaderAt(w, from, n) }

// AdaptInfo returns what filters see of a blob.
func AdaptInfo(info Info) filters.Adaptor { return content.AdaptInfo(info) }

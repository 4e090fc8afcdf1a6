//go:build !wasm

package namespaces

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/namespaces"
)

type (
	// Store keeps namespaces and their labels.
	Store = namespaces.Store
	// DeleteOpts sets how a namespace is deleted.
	DeleteOpts = namespaces.DeleteOpts
	// DeleteInfo is how a namespace is deleted.
	DeleteInfo = namespaces.DeleteInfo
)

// Default is the namespace of those that don't name one.
const Default = namespaces.Default

// WithNamespace returns a context of a namespace.
func WithNamespace(ctx context.Context, namespace string) context.Context {
	return namespaces.WithNamespace(ctx, namespace)
}

// Namespace returns the namespace of a context, and whether it has one.
func Namespace(ctx context.Context) (string, bool) { return namespaces.Namespace(ctx) }

// NamespaceRequired returns the namespace of a context. The error is of class
// FailedPrecondition if it has none, or InvalidArgument if that is no
// identifier.
func NamespaceRequired(ctx context.Context) (string, error) { return namespaces.NamespaceRequired(ctx) }

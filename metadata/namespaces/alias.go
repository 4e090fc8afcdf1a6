//go:build !wasm

package namespaces

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/namespaces"
)

type (
	// Store stores namespaces and their labels.
	Store = namespaces.Store
	// DeleteOpts is an option of Store.Delete.
	DeleteOpts = namespaces.DeleteOpts
	// DeleteInfo is the value that DeleteOpts options set.
	DeleteInfo = namespaces.DeleteInfo
)

// Default is the namespace of clients that don't name a namespace.
const Default = namespaces.Default

// WithNamespace returns a context with the given namespace.
func WithNamespace(ctx context.Context, namespace string) context.Context {
	return namespaces.WithNamespace(ctx, namespace)
}

// Namespace returns the namespace of ctx, and whether ctx has one.
func Namespace(ctx context.Context) (string, bool) { return namespaces.Namespace(ctx) }

// NamespaceRequired returns the namespace of ctx. It fails with FailedPrecondition if ctx has none, and with
// InvalidArgument if the namespace is not an identifier.
func NamespaceRequired(ctx context.Context) (string, error) { return namespaces.NamespaceRequired(ctx) }

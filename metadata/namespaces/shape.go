//go:build wasm

package namespaces

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/pkg/identifiers"
	"github.com/containerd/errdefs"
)

// Store stores namespaces and their labels.
type Store interface {
	Create(ctx context.Context, namespace string, labels map[string]string) error
	Labels(ctx context.Context, namespace string) (map[string]string, error)
	SetLabel(ctx context.Context, namespace, key, value string) error
	List(ctx context.Context) ([]string, error)
	Delete(ctx context.Context, namespace string, opts ...DeleteOpts) error
}

// DeleteOpts is an option of Store.Delete.
type DeleteOpts func(context.Context, *DeleteInfo) error

// DeleteInfo is the value that DeleteOpts options set.
type DeleteInfo struct {
	Name string
}

// Default is the namespace of clients that don't name a namespace.
const Default = "default"

type namespaceKey struct{}

// WithNamespace returns a context with the given namespace.
func WithNamespace(ctx context.Context, namespace string) context.Context {
	return context.WithValue(ctx, namespaceKey{}, namespace)
}

// Namespace returns the namespace of ctx, and whether ctx has one.
func Namespace(ctx context.Context) (string, bool) {
	namespace, ok := ctx.Value(namespaceKey{}).(string)
	return namespace, ok
}

// NamespaceRequired returns the namespace of ctx. It fails with FailedPrecondition if ctx has none, and with
// InvalidArgument if the namespace is not an identifier.
func NamespaceRequired(ctx context.Context) (string, error) {
	namespace, _ := Namespace(ctx)
	if namespace == "" {
		return "", fmt.Errorf("namespace is required: %w", errdefs.ErrFailedPrecondition)
	}
	if err := identifiers.Validate(namespace); err != nil {
		return "", fmt.Errorf("namespace validation: %w", err)
	}
	return namespace, nil
}

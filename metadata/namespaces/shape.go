//go:build wasm

package namespaces

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/pkg/identifiers"
	"github.com/containerd/errdefs"
)

// Store keeps namespaces and their labels.
type Store interface {
	Create(ctx context.Context, namespace string, labels map[string]string) error
	Labels(ctx context.Context, namespace string) (map[string]string, error)
	SetLabel(ctx context.Context, namespace, key, value string) error
	List(ctx context.Context) ([]string, error)
	Delete(ctx context.Context, namespace string, opts ...DeleteOpts) error
}

// DeleteOpts sets how a namespace is deleted.
type DeleteOpts func(context.Context, *DeleteInfo) error

// DeleteInfo is how a namespace is deleted.
type DeleteInfo struct {
	Name string
}

// Default is the namespace of those that don't name one.
const Default = "default"

type namespaceKey struct{}

// WithNamespace returns a context of a namespace.
func WithNamespace(ctx context.Context, namespace string) context.Context {
	return context.WithValue(ctx, namespaceKey{}, namespace)
}

// Namespace returns the namespace of a context, and whether it has one.
func Namespace(ctx context.Context) (string, bool) {
	namespace, ok := ctx.Value(namespaceKey{}).(string)
	return namespace, ok
}

// NamespaceRequired returns the namespace of a context. The error is of class
// FailedPrecondition if it has none, or InvalidArgument if that is no
// identifier.
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

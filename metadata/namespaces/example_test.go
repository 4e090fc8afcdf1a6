package namespaces_test

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

func Example() {
	ctx := namespaces.WithNamespace(context.Background(), "k8s.io")
	fmt.Println(namespaces.NamespaceRequired(ctx))
	_, err := namespaces.NamespaceRequired(context.Background())
	fmt.Println(err)
	// Output:
	// k8s.io <nil>
	// namespace is required: failed precondition
}

package leases_test

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/leases"
)

func Example() {
	ctx := leases.WithLease(context.Background(), "pull")
	fmt.Println(leases.FromContext(ctx))
	// Output: pull true
}

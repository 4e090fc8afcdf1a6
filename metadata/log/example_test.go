package log_test

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/log"
)

func Example() {
	ctx := log.Silent(context.Background())
	log.G(ctx).WithField("key", "a").Warn("discarded")
	fmt.Println(log.HasLogger(ctx), log.HasLogger(context.Background()))
	// Output: true false
}

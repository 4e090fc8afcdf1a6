package content_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

func Example() {
	var o content.WriterOpts
	if err := content.WithRef("layer-1")(&o); err != nil {
		panic(err)
	}
	fmt.Println(o.Ref)
	// Output: layer-1
}

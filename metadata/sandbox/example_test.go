package sandbox_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/sandbox"
)

func Example() {
	pod := sandbox.Sandbox{ID: "pod"}
	pod.AddLabel("app", "web")
	fmt.Println(pod.GetLabel("app"))
	// Output: web <nil>
}

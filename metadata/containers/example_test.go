package containers_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/message"
)

func Example() {
	c := containers.Container{ID: "web", Spec: &message.Message{
		TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
	}}
	fmt.Println(c.ID, c.Spec.GetTypeUrl())
	// Output: web types.containerd.io/opencontainers/runtime-spec/1/Spec
}

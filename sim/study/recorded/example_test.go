package recorded_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

func Example() {
	// As ctr events printed it.
	const output = `2026-11-22 12:01:15.65 +0000 UTC default /content/create {"digest":"sha256:2b1f3fbec95b7de1da2be60d6d87e301ced3107c9e5eb6565ef5b9496bb7eb48","size":401}
2026-11-22 12:01:15.66 +0000 UTC default /content/create {"digest":"sha256:d09ea00f67f41cea81030dda0305c69476619348fd1647b2a00fe11b2d585f32","size":141}
2026-11-22 12:01:15.67 +0000 UTC default /images/create {"name":"example.local/scratch:latest"}
2026-11-22 12:01:20 +0000 UTC default /images/delete {"name":"example.local/scratch:latest"}
`
	events, err := recorded.Read(strings.NewReader(output))
	if err != nil {
		log.Fatal(err)
	}
	trace, err := recorded.Interpret(events, recorded.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(trace.Summary.Pulls, "pull")
	for _, step := range trace.Steps {
		fmt.Println(step.Line, step.Op.Name)
	}
	// Output:
	// 1 pull
	// 1 leases.create
	// 1 content.place
	// 1 writers.open
	// 1 writers.commit
	// 1 writers.close
	// 2 content.place
	// 2 writers.open
	// 2 writers.commit
	// 2 writers.close
	// 3 images.create
	// 3 leases.delete
	// 4 images.delete
}

package rules_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/rules"
)

func Example() {
	for _, label := range []string{"containerd.io/gc.ref.content.config", "containerd.io/gc.bref.image", "containerd.io/gc.root"} {
		for _, v := range []rules.Version{rules.V1_7, rules.V2_4} {
			why := rules.Ignored(rules.ResourceSnapshot, label, v)
			if why == "" {
				why = "it counts"
			}
			fmt.Printf("%s %s: %s\n", v, label, why)
		}
	}
	// Output:
	// 1.7 containerd.io/gc.ref.content.config: it counts
	// 2.4 containerd.io/gc.ref.content.config: it counts
	// 1.7 containerd.io/gc.bref.image: it counts from containerd 2.2 on
	// 2.4 containerd.io/gc.bref.image: it counts
	// 1.7 containerd.io/gc.root: it counts
	// 2.4 containerd.io/gc.root: it counts
}

package snapshots_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

func Example() {
	var info snapshots.Info
	if err := snapshots.WithLabels(map[string]string{
		"containerd.io/snapshot/uidmapping": "0:1000:1",
		"containerd.io/gc.root":             "now",
	})(&info); err != nil {
		fmt.Println(err)
	}
	fmt.Println(snapshots.FilterInheritedLabels(info.Labels))
	fmt.Println(snapshots.ParseKind("committed"))
	// Output:
	// map[containerd.io/snapshot/uidmapping:0:1000:1]
	// Committed
}

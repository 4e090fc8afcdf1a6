package figures_test

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// Each of containerd's collections locks writers out for a time that depends on the number of objects. Holdfast's
// does so for a fixed time. Both take additional time for each object that they remove.
func ExamplePauseOf() {
	holdfast, containerd := figures.PauseOf(figures.Holdfast), figures.PauseOf(figures.Containerd)
	fmt.Println("holdfast, for each object:", holdfast.PerObject())
	fmt.Println("containerd needs more for each object:", containerd.PerObject() > 0)
	fmt.Println("and for each removed object:", containerd.PerRemoved() > holdfast.PerRemoved())
	fmt.Println(figures.Rounded(1234567 * time.Nanosecond))
	// Output:
	// holdfast, for each object: 0
	// containerd needs more for each object: true
	// and for each removed object: true
	// 1.23 ms
}

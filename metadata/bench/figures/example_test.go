package figures_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A collection takes time for each object in the database, and additional time for each object that it removes.
func ExamplePauseOf() {
	holdfast, containerd := figures.PauseOf(figures.Holdfast), figures.PauseOf(figures.Containerd)
	fmt.Println("objects:", holdfast.Objects)
	fmt.Println("holdfast is faster for each object:", holdfast.PerObject() < containerd.PerObject())
	fmt.Println("and for each removed object:", holdfast.PerRemoved() < containerd.PerRemoved())
	// Output:
	// objects: 100000
	// holdfast is faster for each object: true
	// and for each removed object: true
}

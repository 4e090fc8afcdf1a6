package figures_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A collection's pause grows with the number of objects in the database.
func ExamplePauseOf() {
	holdfast, containerd := figures.PauseOf(figures.Holdfast), figures.PauseOf(figures.Containerd)
	fmt.Println("objects:", holdfast.Objects)
	fmt.Println("holdfast pauses writers for less time:", holdfast.PerObject() < containerd.PerObject())
	// Output:
	// objects: 100000
	// holdfast pauses writers for less time: true
}

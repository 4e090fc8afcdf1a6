//go:build !race

package sim

// Slower is by how much less is done where everything takes that much longer.
const Slower = 1

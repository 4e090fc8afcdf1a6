//go:build race

package oracle

// slower is by how much less is done where everything takes that much longer.
const slower = 6

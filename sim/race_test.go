//go:build race

package sim

// Slower divides the number of cases, because the race detector slows everything down.
const Slower = 6

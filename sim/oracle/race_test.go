//go:build race

package oracle

// slower divides the number of cases, because the race detector slows everything down.
const slower = 6

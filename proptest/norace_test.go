//go:build !race

package proptest_test

// slower divides the number of cases, because the race detector slows everything down.
const slower = 1

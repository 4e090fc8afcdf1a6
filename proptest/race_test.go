//go:build race

package proptest_test

// slower is by how much less is done where everything takes that much longer.
const slower = 5

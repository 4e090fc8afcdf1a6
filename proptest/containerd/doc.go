// Package containerd makes containerd's own metadata package, over a bbolt file, into a system that the laws of package
// proptest are held against. Who doesn't import it doesn't need bbolt.
//
// containerd reads the clock by itself, so every history runs in a bubble of package testing/synctest, where time stands
// still until somebody sleeps:
//
//	func TestContainerd(t *testing.T) {
//		proptest.Run(t, containerd.New(t.TempDir(), time.Now, time.Sleep),
//			proptest.WithAround(func(run func()) { synctest.Test(t, func(*testing.T) { run() }) }))
//	}
//
// What it does not promise: that the clock goes back, which such a bubble cannot; plans, forks and other versions' rules,
// which it does not have; faults and calls that overlap; and that backends keep no orphans: it remembers only in memory that
// a backend must be cleaned.
package containerd

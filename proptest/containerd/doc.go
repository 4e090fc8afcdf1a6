// Package containerd makes systems for package proptest of containerd's own metadata package, over a bbolt file. Only
// programs that import it depend on bbolt.
//
// containerd reads the clock itself. So every history runs in a bubble of package testing/synctest, in which time
// passes only while all goroutines sleep:
//
//	func TestContainerd(t *testing.T) {
//		proptest.Run(t, containerd.New(t.TempDir(), time.Now, time.Sleep),
//			proptest.WithAround(func(run func()) { synctest.Test(t, func(*testing.T) { run() }) }))
//	}
//
// The systems do not promise to set the clock back, which such a bubble cannot do. They have no plans, no forks, and no
// rules of other versions. Faults make backends and the database fail or kill the daemon, but have no delays. Calls do
// not overlap, because containerd waits on mutexes, which a bubble cannot see: TestOverlappingCalls covers that outside
// a bubble. The systems do not promise to leave no orphans in backends,
// because containerd keeps only in memory that a backend needs a clean-up.
package containerd

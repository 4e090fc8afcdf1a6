// Package proptest checks laws on containerd nodes: for example that no reachable record is ever collected, that a
// lease protects its resources until its end, and that a plan equals the following collection. It is for authors of
// metadata stores, content stores, snapshotters, Collectors and forks of containerd. They import it and pass their own
// system:
//
//	func TestMine(t *testing.T) { proptest.Run(t, newMine) }
//
// newMine makes a [System], which applies calls in the form of engine.Op and shows its state. [Engine] makes systems of
// this module's engine, package containerd of containerd's own package over bbolt. Package stores applies Ops to
// anything that implements containerd's interfaces. TUTORIAL.md starts from scratch.
//
// # Laws
//
// [Laws] lists the laws, each with its reason. Not every system supports everything. A [Promise] names an optional
// ability. A system lists its promises, or implements [Forker] or [Saver]. A law that needs a missing promise is
// skipped, and the report names the promise. A system may also lack stores: all laws leave out calls to these, and the
// report names them.
//
// Package generate draws histories of calls, or graphs of references, with gopter, small ones first. One law uses
// histories that the simulated clients of package sim produce. Others use gopter's stateful testing, which draws one
// call after the other. For these laws and some more, package sim/oracle, a naive second implementation, predicts the
// result of each call. Two laws compare answers of a node with that model, and with deletions on forks.
//
// # Counterexamples
//
// A history that breaks a law is shortened, first by gopter and then by package sim/shrink, until no Op and no pair of
// Ops can be removed. It is printed as a Go test and as a trace for "holdfast replay". [Run] also keeps it in a file
// below testdata/proptest and tries it first in later runs. All names in it are single letters.
//
// # Other entry points
//
// [Fuzz] is Run for "go test -fuzz". [Check] needs no test and returns a [Report]. [Retry] checks a law on one trace.
// The flags of Run set the seed, the number and size of cases, the laws, and a trace to check.
//
// # Limits
//
// The limits of package sim/oracle apply here, too: it does not check times of records, mounts, usage, and results of
// lists. Ops on forks while calls on the original go on are left to package sim. Calls overlap only by Setup.Turns, not
// on several goroutines. Only the author of a Collector knows which resources it should keep; the tutorial shows a
// custom law for that.
package proptest

// Package proptest holds laws against containerd nodes: that nothing reachable is ever collected, that a lease protects until
// its end, that a plan is what the collection then does, and some more. It is for authors of metadata stores, content stores,
// snapshotters, Collectors and forks of containerd, who import it and hand over their own:
//
//	func TestMine(t *testing.T) { proptest.Run(t, newMine) }
//
// newMine makes a System: something that calls, as engine.Op, can be applied to, and that shows what it has stored. Engine
// makes one of this module's engine, package containerd one of containerd's own package over bbolt, and package stores does
// most of the work for whatever has containerd's interfaces. TUTORIAL.md begins at zero.
//
// # Laws
//
// Laws lists them, each with a sentence of why. Not every system can promise everything: what it can is a Promise, which it
// lists, or shows by being a Forker or a Saver. A law that rests on a promise that is not given is not checked, and the report
// says so.
//
// Some laws are held against histories of calls, or against graphs of references, that package generate draws with gopter,
// small ones first; those of one law are what the clients of package sim do to a node. The others are those of a stateful
// machine: gopter's commands draw one call after the other. For these laws and some more a naive second implementation,
// package sim/oracle, which shares no code with the first, says of each call what it should come to.
//
// # Counterexamples
//
// A history that breaks a law is made shorter, first by gopter and then by package sim/shrink, until no Op and no two Ops
// can be left out. It is printed as a test to be pasted, and as a trace that "holdfast replay" runs; Run keeps it in a file
// below testdata/proptest, and tries it first from then on. Names are single letters from the beginning.
//
// # Other ways in
//
// Fuzz is Run for "go test -fuzz". Check needs no test and returns a Report. Retry holds a law against one trace. The flags
// of Run set the seed, how many cases there are and how large, the laws, and a trace to be tried.
//
// # What is not covered
//
// What sim/oracle does not check, it does not check here: times of records, mounts, usage, results of lists. What is done
// to forks while others go on with the original, which package sim has. Calls that are
// made by several goroutines at once: calls overlap only by Setup.Turns. Collectors' own resources, of which only the author
// knows what they should keep; the tutorial has a law of one's own.
package proptest

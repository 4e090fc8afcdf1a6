// Package generate draws random inputs for a containerd node: names, digests, labels, references, leases, times, calls,
// and whole histories of calls. Its generators are gopter's, so they can be combined with others:
//
//	properties.Property("…", prop.ForAll(func(h generate.History) bool { … }, generate.Histories(generate.Calm)))
//
// Values grow with gopter's size. Every generator has its own shrinker, because gopter's Gen.Map drops the shrinker of
// its source.
//
// Names are single letters. A few are hot, so that calls often use the same names; others are rare. The same names
// occur in several namespaces.
package generate

// Package generate draws what a containerd node can be confronted with: names, digests, labels, references, leases, times,
// calls and whole histories of calls. Its generators are gopter's, so that they can be combined with others:
//
//	properties.Property("…", prop.ForAll(func(h generate.History) bool { … }, generate.Histories(generate.Calm)))
//
// What is drawn gets larger as gopter's size grows, and every generator has its own shrinker: gopter's Gen.Map drops that
// of what it maps.
//
// Names are single letters. A few are hot, so that calls meet; some are cold; the same ones stand in several namespaces.
package generate

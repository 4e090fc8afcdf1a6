// Package profile models the load on nodes that run containers: the number and sizes of the layers of images, the
// popularity of images, the lifetimes of containers, the steps of builds.
//
// A [Profile] is a readable file. Five are built in ([Names], [Load]); [Parse] reads a custom one. Each figure of a
// profile names its source and the reliability of that source ([Evidence]). Many figures were never published; their
// evidence is "assumed".
//
//	p, err := profile.Load("k8s-node")
//	size := p.Images.LayerSize.Bytes(random)
//	next, ok := p.Containers.Day.Next(now, p.Containers.Starts.Sample(random), random)
//
// Samples come from the random source of the caller. Each takes one draw, whatever the distribution, so two loads that
// differ in one figure differ in nothing else. Samples are equal to the last bit on every machine and in WebAssembly,
// unlike results of math.Exp and math.Log.
//
// # The format
//
// The format is strict YAML: no anchors, no tags, no unknown or missing keys. WebAssembly reads only the JSON subset.
//
//	name: k8s-node
//	about: the kind of node
//	node:               # sections: node, images, containers; builds and tenants may be absent
//	  disk:             # each figure of a section must be there
//	    value: 100GB    # exactly one distribution
//	    evidence: P     # P, S, D or assumed
//	    source: the source; if assumed, the reason for the value
//
// A file with a base states only the differences from a built-in profile. It needs a name of its own. A figure that it
// has replaces the whole figure of the base:
//
//	base: k8s-node
//	name: our-nodes
//	node:
//	  disk: {value: 200GB, evidence: P, source: our cloud}
//
// The distributions follow; x is a number in the figure's unit (20, 0.5, 4MB, 1.5GiB, 90s, 7d), and p a probability:
//
//	value: x                          always x
//	uniform: [x, x]                   uniform between two numbers
//	exponential: {mean: x}            or {p50: x}
//	lognormal: {p50: x, p90: x}       with two quantiles
//	quantiles: {0: x, p: x, 1: x}     interpolated geometrically, or linearly from 0
//	shares: {from: x, x: n, x: n}     n parts up to x, of all parts, between bounds as quantiles
//	zipf: {exponent: e, of: n}        rank 1 to n, its weight rank^-e
//
// A day has "hours", 24 relative rates from midnight UTC on, and "weekend", a factor.
package profile

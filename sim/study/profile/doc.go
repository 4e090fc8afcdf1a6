// Package profile holds what is known, and what is assumed, about the load on
// nodes that run containers: how many layers an image has and how large they are,
// which images are asked for, how long containers live, how builds go.
//
// A [Profile] is a readable file. Five are built in ([Names], [Load]); [Parse]
// reads one's own. Each figure in it says where it is from and how sure that is
// ([Evidence]): nobody has published many of them, and then the file says
// "assumed".
//
//	p, err := profile.Load("k8s-node")
//	size := p.Images.LayerSize.Bytes(random)
//	next, ok := p.Containers.Day.Next(now, p.Containers.Starts.Sample(random), random)
//
// Samples come from the source of randomness that is passed in, one draw each
// whatever the distribution: two loads that differ in one figure differ in
// nothing else. They are the same to the last bit on every machine, WebAssembly
// included, which math.Exp and math.Log are not.
//
// # The format
//
// YAML, strictly: no anchors, no tags, no unknown or missing keys. In WebAssembly, where there
// is no room for all of YAML, only as much of it as is JSON.
//
//	name: k8s-node
//	about: what it is a model of
//	node:               # sections: node, images, containers; builds and tenants may be absent
//	  disk:             # each figure of a section must be there
//	    value: 100GB    # exactly one distribution
//	    evidence: P     # P, S, D or assumed
//	    source: where it is from; if assumed, why so
//
// The distributions, where x is a number in the figure's unit (20, 0.5, 4MB, 1.5GiB,
// 90s, 7d) and p a probability:
//
//	value: x                          always x
//	uniform: [x, x]                   all alike between two
//	exponential: {mean: x}            or {p50: x}
//	lognormal: {p50: x, p90: x}       by two quantiles
//	quantiles: {0: x, p: x, 1: x}     through these, geometrically between (linearly from 0)
//	shares: {from: x, x: n, x: n}     n parts up to x, of all parts, between bounds as quantiles
//	zipf: {exponent: e, of: n}        rank 1 to n, its weight rank^-e
//
// A day has "hours", 24 relative rates from midnight UTC on, and "weekend", a factor.
package profile

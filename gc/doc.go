// Package gc answers what a garbage collection would remove, and why the rest
// stays. It knows objects, references and roots, and nothing of what they mean:
// package metadata reads those from a containerd database.
//
// # The model
//
// A [Node] is the name of a thing: type, namespace, key. An object is a node
// that is stored ([Builder.Define]); a node that is only referred to is dangling.
// An edge says that one node keeps another, a root stays by itself, and an object
// stays when some way leads to it from a root. All else goes. That is the whole
// of garbage collection; the rest of this package is questions about it.
//
// Three things make it fit containerd:
//
//   - A flat visit ([Builder.Flat]). A flat lease keeps a snapshot and its parents,
//     but not what their labels refer to. So a node can be reached in two ways, in
//     full and flat, each with its own edges, and stays if reached in either. In
//     full includes flat.
//   - A back edge ([Builder.BackEdge]) stands in the record of the object that is
//     kept, not of the one that keeps it, which therefore need not exist.
//   - Shared bytes ([Builder.Bytes]). Two namespaces can have the same blob: two
//     objects, one file, which stays while either does.
//
// # From builder to answers
//
// A [Builder] is told nodes, edges and roots in any order and freezes them into
// a [Graph], in which nodes are dense numbers ([ID]) and edges are arrays. A
// Graph never changes and can be asked from many goroutines:
//
//   - [Mark] finds what stays, [MakePlan] lists what goes. A dry run and a
//     collection are the same plan, shown or carried out. A [WhatIf] deletes
//     objects in thought first.
//   - [Why] lists the shortest chains from the roots to a node, each step with its
//     reasons. For a node that goes it lists what came nearest to keeping it, from
//     the misses that the Builder was told of ([Builder.Miss]): the lease that
//     expired, the label that the rules ignore.
//   - [Dominators] finds what each object alone keeps, hence its retained size: the
//     bytes that would be freed if it alone were deleted.
//
// Lists come in node order ([Compare]), so that the same objects give the same
// answer in whatever order they were told. Sizes add up to at most 2^63-1, where
// they stop: nothing overflows, whatever a file claims. An ID is only good for
// the Graph it came from; methods panic when given one out of range.
package gc

// Package gc computes the result of a garbage collection and explains it. It knows objects, references and roots, but
// not their meaning: package metadata reads them from a containerd database.
//
// # The model
//
// A [Node] is a name: type, namespace, key. An object is a node that exists ([Builder.Define]). A reference to a node
// that does not exist is dangling. An edge means that one node keeps another. A root stays by itself. An object stays
// if a path leads to it from a root; all other objects are garbage.
//
// Four additions fit this model to containerd:
//
//   - Flat visits ([Builder.Flat]). A flat lease keeps a snapshot and its parents, but not the targets of their labels.
//     So a node can be reached in two ways, in full and flat, each with its own edges. It stays if it is reached in
//     either way. A full visit includes the flat one.
//   - Back edges ([Builder.BackEdge]). The record of the kept object states the edge, so the object that keeps it need
//     not exist.
//   - Joint edges ([Builder.JointEdge]). The edge depends on a value in the record of the kept object, and on the
//     record of the object that keeps it.
//   - Shared bytes ([Builder.Bytes]). Two namespaces can have the same blob: two objects, one file. The file stays
//     while one of the objects does.
//
// # From builder to results
//
// A [Builder] takes nodes, edges and roots in any order and makes a [Graph] of them. In a Graph, nodes are dense
// numbers ([ID]) and edges are arrays. A Graph is immutable, and any number of goroutines can use it:
//
//   - [Mark] finds the objects that stay. [MakePlan] lists the garbage. A dry run and a collection use the same plan. A
//     [WhatIf] assumes that objects are deleted (hypothetical).
//   - [Why] lists the shortest chains from the roots to a node, with the reasons of each step. For garbage it lists the
//     chains that nearly keep the node, from the misses ([Builder.Miss]): for example an expired lease, or a label that
//     the rules ignore.
//   - [Dominators] computes the objects that each object alone keeps, and its retained size: the bytes that a deletion
//     of this object alone would free.
//   - [Attribute] attributes every byte to the set of holders that keep it.
//
// A [Tracker] takes the same calls as a Builder, except joint edges, and takes them back object by object. It keeps the
// marking of a graph that changes up to date, and lists the garbage, but explains nothing.
//
// Lists are in node order ([Compare]), so results do not depend on the order of the Builder's calls. Sums saturate at
// 2^63-1, so sizes from a damaged file cannot overflow. An ID is valid only for the Graph that it came from; methods
// panic for IDs out of range.
package gc

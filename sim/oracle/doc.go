// Package oracle is a naive second implementation of what a containerd node should do: it follows a
// node Op by Op and says when the node came to something else.
//
// An [Oracle] is told of an Op before it is applied and of its result after:
//
//	o.Before(op)
//	result := node.Apply(ctx, op)
//	if p := o.After(op, result); p != nil { … }
//
// It keeps its own maps of what is stored, has its own reading of the labels by version of containerd and
// its own reachability, and shares no code with packages gc and metadata; of package engine it
// knows the Ops and their results. What is stored it reads by itself from the database's buckets, past all
// stores, and what is in the backends past all faults.
//
// That its reading of the rules is right, a test shows that holds it against what seven versions of containerd
// removed from hundreds of databases.
//
// # What is checked
//
// After every Op: the code of its result, and that everything that it should have changed in the
// database did change, and only if it succeeded. Where a fault can have hit a call, or it was left waiting, or its
// context ended, any error will do, but the call must have been done wholly or not at all; a
// success is never excused.
//
// At every collection: that exactly the garbage went, in any namespace and of Collectors that go by scripts, that as
// many objects of each kind are stored as should be, and, of as many objects as there were Ops since the last
// collection, taken in turns, that each is as the model has it and has what it should in the backends. On a small
// database these are all objects, on a large one all have their turn within about as many Ops as there are objects: so
// no Op costs more for all that is stored. What the oracle derives little by little, such as what an object's labels
// mean, it derives anew every few dozen collections, together with the model, and compares.
//
// Of calls in a transaction of the caller's own: what they and others see meanwhile, and at its end that all that they
// changed is stored, or nothing. A fork has an oracle of its own, which goes on from where the node's was.
//
// [Oracle.Quiet], once the faults are over, checks everything, and that neither garbage nor orphans are left.
//
// # What is not checked
//
//   - times of records, sizes, media types, annotations, runtimes, specs and extensions: they don't count for collections,
//     and the parity tests of package metadata compare them byte by byte
//   - events, mounts, usage and the results of lists
//   - calls that the model doesn't know, namespaces and ingests in a caller's own transaction, and what a call left
//     there that failed nonAtomic: what they did is taken from the database
//   - Collectors of a program's own, which go by no script, and what any Collector was told to remove by a collection
//     that a fault hit
//   - the bytes of blobs, but where a call reads them all
//   - when a backend is cleaned before the faults are over
//   - the backend's part of what containerd itself leaves without: a snapshot whose commit, or whose making, failed after
//     the backend's part of it
//   - whether a call that waited reports the right error
package oracle

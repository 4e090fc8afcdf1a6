// Package oracle is a naive second implementation of a containerd node. It follows a node Op by Op, predicts each
// result and reports the first difference.
//
// The caller passes every Op to an [Oracle] before it is applied, and its result afterwards:
//
//	o.Before(op)
//	result := node.Apply(ctx, op)
//	if p := o.After(op, result); p != nil { … }
//
// The oracle has its own model of the database, its own rules for labels by version of containerd, and its own marking.
// It shares no code with packages gc and metadata. It reads records directly from the database's buckets, and backends
// past all faults, so that a bug of a store cannot hide itself.
//
// A test checks the oracle's rules against the objects that seven versions of containerd removed from hundreds of
// databases.
//
// # Checks
//
// After every Op, the oracle checks the code of the result, and that the expected changes, and only those, are in the
// database. If a fault may have hit the call, or the call was suspended or canceled, any error is accepted. Even then
// the call must have been applied in full or not at all, and a success must be right.
//
// After every collection, it checks that exactly the garbage is gone, in all namespaces and among the resources of
// scripted Collectors, and that the number of records of each kind is right. Then it checks some objects in turn, as
// many as there were Ops since the last collection: their records, and their presence in the backends. A small database
// is checked completely after each collection. In a large one, every object is checked once within about as many Ops as
// there are objects, so the cost of an Op does not grow with the database. Every 64 collections, the oracle reads a
// second model from the database, decodes the records that have changed since, and compares the two.
//
// For calls in a caller's transaction, it checks the results inside and outside of the transaction, and at the end that
// all changes are stored, or none. Each fork has its own oracle, which starts in the state of the node's.
//
// [Oracle.Quiet] checks everything at the end of a run, when no fault is in force any more: all records, and that
// neither garbage nor orphans are left.
//
// An [Explainer] checks explanations of objects against the references of the model: the chains, their number and
// length, and the roots. The caller asks the node for them.
//
// Each check has a [Rule]. A [Problem] names the rule, the call and the details.
//
// # Limits
//
// The oracle does not check:
//
//   - times of records, sizes, media types, annotations, runtimes, specs and extensions. They do not matter to
//     collections, and the parity tests of package metadata compare them byte by byte.
//   - events, mounts, usage, and the results of lists
//   - calls that it does not know; namespaces and ingests in a caller's transaction; partial effects of a failed call
//     in a caller's transaction. It takes their effects from the database.
//   - Collectors without a script, and the removals that a collection reported to a Collector if a fault hit the
//     collection
//   - the bytes of blobs, unless a call reads a whole blob
//   - the time at which a backend is cleaned, while faults are in force
//   - the backend's part of a snapshot if its creation or commit failed after the backend had succeeded. containerd
//     leaves such records, too.
//   - the kind of error that a resumed call returns
package oracle

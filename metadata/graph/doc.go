// Package graph builds the reference graph of a containerd metadata database, and predicts collections.
//
// [Build] scans a database: each record adds a node, and each reference adds an edge. An image, for example, keeps the
// blob of its target field, and the blobs that its labels name. The result is a [gc.Graph]; package gc marks it and
// explains it. [Options] choose the version of containerd and the time at which expiry is decided.
//
// [Plan] builds the graph and returns the objects that a collection would remove. [Collect] also removes their records,
// as the daemon does. [Expiries] lists the objects with a time of expiry.
//
// A scan reads the records in the order of package schema:
//
//	fields      target of an image, parent of a snapshot, resources of a lease, … (fields.go)
//	labels      the rules of package rules (labels.go)
//	collectors  resources outside the database (Collectors)
//
// A [Live] graph follows the changes of a database, and a [Sweep] deletes its garbage while writers continue. Package
// metadata collects with them.
//
// With [Options].Explain the graph also has the reason of every edge, and near misses: references that have no effect.
// The reasons are the constants RuleLabel to RuleUnmet.
//
// The package has no state: any number of goroutines may call its functions. A Live and a Sweep are for one goroutine.
package graph

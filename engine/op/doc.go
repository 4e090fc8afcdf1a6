// Package op is the vocabulary of a node: each call as a value that prints, parses and applies.
//
// An [Op] names a call and carries its arguments. As JSON it is one line of a trace:
//
//	{"op":"images.get","ns":"default","name":"alpine"}
//
// A [Row] describes one kind of Op: its [Name], the types of its arguments and its result, whether it writes, and the
// store method that it calls. The rows are the only list of Ops. The engine, the simulator, the WebAssembly module and
// proptest/stores read them:
//
//	row, ok := op.RowOf(op.ImagesCreate)  // row.Args is the type of ImageRecord
//	result, err := row.Call(ctx, target, op.ImageRecord{Image: image})
//
// Rows of images, containers, sandboxes, leases, namespaces, content, snapshots, writers and readers call any
// implementation of [Stores]. The other rows (clock, faults, collections, queries, forks) have no call of their own:
// the engine implements them.
//
// A [Result] is the outcome of an Op: a [Code], which never changes between versions, and a value.
//
// The form of Ops is versioned ([Version]) and strict: unknown names and fields are errors.
package op

// Package metadata is an in-memory implementation of containerd's metadata database. It has the stores, the garbage
// collection and the stored bytes of core/metadata in containerd 2.4, on memkv instead of a bolt file. Code that uses
// containerd's package works with this one after a change of the import path.
//
// # The database
//
// [NewDB] returns a [DB] for a [Transactor] (from memkv.New, or a database that memkv/boltfile has read), a content
// backend and snapshotters. The content backend can be nil, and there can be no snapshotters. After [DB.Init] the
// stores behave as containerd's stores do:
//
//	NewNamespaceStore(tx)     namespaces and their labels
//	NewImageStore(db)         names of images, and their targets
//	NewContainerStore(db)     containers
//	NewSandboxStore(db)       sandboxes
//	NewLeaseManager(db)       leases and their resources
//	db.ContentStore()         blobs and ingests
//	db.Snapshotter(name)      snapshots
//
// Each call reads three values from its context: the namespace (package namespaces), the lease that holds the created
// objects, and the transaction (WithTransactionContext). Only the namespace is required. Errors have the classes of
// errdefs. [DB.GarbageCollect] removes unreachable objects.
//
// The clock is an option ([WithClock]). No result depends on another source of time, or on anything else that differs
// between two runs.
//
// # The schema
//
// Package schema has these names and the forms of the values as data.
//
//	v1                             root of all records
//	  version                      varint: 4
//	  NAMESPACE
//	    labels                     NAME = text
//	    images/NAME                createdat updatedat labels annotations target{digest mediatype size}
//	    containers/ID              createdat updatedat labels spec image snapshotter snapshotKey
//	                               runtime{name options} extensions sandboxid
//	    sandboxes/ID               createdat updatedat labels spec sandboxer runtime{name options} extensions
//	    leases/ID                  createdat labels, and sets of names:
//	                               content images ingests snapshots/SNAPSHOTTER
//	    content/blob/DIGEST        createdat updatedat labels size
//	    content/ingests/REF        ref expireat expected
//	    snapshots/SNAPSHOTTER/KEY  name parent children createdat updatedat labels
//
// A record kind is a table of rows: the stored fields, the paths of updates, and the fields of filters (images.go is an
// example). The types table and store have the only loops over such rows. A record is encoded in one pass (packer), and
// decoded without a copy: strings in results share the memory of the record.
//
// # Predictions
//
// The rules of collections are data as well, by version of containerd: see package rules. Package graph
// applies them: graph.Build returns the references between the objects of a database, and graph.Plan the objects that a
// collection would remove. Both need only a database, for example the meta.db of a real daemon, and no [DB].
package metadata

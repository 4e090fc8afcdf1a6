// Package metadata is containerd's metadata database in memory: the stores, the
// garbage collection and the stored bytes of containerd 2.4's core/metadata, on
// memkv instead of a bolt file. What is written against that package works
// against this one after changing the import.
//
// # The database
//
// NewDB makes a DB from a Transactor (memkv.New, or a database that
// memkv/boltfile read), a content backend and snapshotters, either of which may
// be missing. After Init, its stores do what containerd's do:
//
//	NewNamespaceStore(tx)     namespaces and their labels
//	NewImageStore(db)         names of images, and what they point at
//	NewContainerStore(db)     containers
//	NewSandboxStore(db)       sandboxes
//	NewLeaseManager(db)       leases, and the resources that they hold
//	db.ContentStore()         blobs and ingests
//	db.Snapshotter(name)      snapshots
//
// Each call takes its namespace from the context, as package namespaces puts it
// there, and also a lease, which then holds what the call makes, and the
// transaction of WithTransactionContext. Errors have the classes of errdefs.
// GarbageCollect removes what nothing keeps.
//
// The clock is an option (WithClock), and nothing here reads another, or
// anything else that two runs could disagree on.
//
// # What is stored
//
//	v1                             bucket of everything
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
// A record kind is a table: rows for what is stored, for what an update can name
// and for what filters know (images.go is one). Table and store hold the only
// loops over such rows. A record is packed in one pass (packer) and decoded
// without being copied, so strings in results share the memory of the record.
//
// # Predictions
//
// The rules of a collection are rows too, by versions of containerd. Plan says
// what a collection would remove and why the rest stays, without a DB: on the
// database of a real daemon, for instance.
package metadata

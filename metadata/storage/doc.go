// Package storage reads the database that a containerd snapshotter keeps about its own snapshots.
//
// A snapshotter that is built on containerd's core/snapshots/storage (overlayfs, native, btrfs, blockfile, devmapper,
// zfs, erofs and most remote snapshotters) has a bolt file named metadata.db in its directory, for example
//
//	/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db
//
// It is a different database from containerd's meta.db. It knows the size of each committed snapshot and the directory
// that holds its files, snapshots/ID. It does not know images, containers or leases:
//
//	db, err := boltfile.Open("…/io.containerd.snapshotter.v1.overlayfs/metadata.db")
//	s, err := storage.Read(db)
//	for snapshot := range s.All() {
//		fmt.Println(snapshot.Name, snapshot.Size)
//	}
//
// # Names
//
// containerd's metadata names a snapshot by its key and gives the snapshotter another name, NAMESPACE/NUMBER/KEY, for
// example "k8s.io/5/c1". This package deals in the snapshotter's names. The record of the snapshot in meta.db holds
// that name in its field "name".
//
// # Stored form
//
//	v1
//	  snapshots
//	    NAME      id (uvarint)  parent (a NAME)  kind (one byte)  inodes size (varint)  labels  createdat  updatedat
//	  parents
//	    PARENT-ID 0 ID = NAME
//
// Sizes are recorded when a snapshot is committed. The size of an active snapshot is in no database: it is the size of
// its directory at that moment.
package storage

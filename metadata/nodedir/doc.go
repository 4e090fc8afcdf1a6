// Package nodedir finds the parts of a containerd node below its root directory, and reads the databases of its
// snapshotters.
//
// A root, usually /var/lib/containerd, has a directory for each plugin. Three kinds matter here:
//
//	io.containerd.metadata.v1.bolt/meta.db          containerd's metadata database
//	io.containerd.content.v1.content/               blobs and ingests
//	io.containerd.snapshotter.v1.NAME/              one snapshotter each
//	  metadata.db                                   its own records, with sizes (package storage)
//	  snapshots/ID/                                 the files of a snapshot
//
// The root of a BuildKit worker has the same parts under other names: containerdmeta.db, content/ and snapshots/.
//
//	d, err := nodedir.Open(os.DirFS("/var/lib/containerd"))
//	db, err := boltfile.OpenFS(d.Files, d.Database)
//	for _, s := range d.Snapshotters {
//		fmt.Println(s.Name, s.Records.Len())
//	}
//
// A part that is missing or cannot be read is no error: the rest is still worth looking at. The part says what happened
// to it, so that an answer can tell "there is none" from "it was not looked at".
//
// [Find] lists the usual roots of a Linux machine. [Snapshotter.Measure] walks the directory of a snapshot, because the
// size of an active snapshot is recorded nowhere.
//
// The package reads through an [io/fs.FS], so a root may also be an unpacked archive in memory. It writes nothing and
// takes no lock.
package nodedir

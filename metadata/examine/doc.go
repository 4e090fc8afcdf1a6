// Package examine answers an operator's questions about a containerd metadata database: what would garbage collection
// remove, why is this still here, who holds the bytes, is the database sound, what has changed. It reads a memkv.DB
// and returns values: it prints nothing, opens no file, reads no clock, and never changes the database it is given.
//
//	d, err := examine.Open(db, examine.Options{At: now})  // as the newest containerd of its schema sees it
//	p, err := d.Plan()                                    // what a collection would remove
//	p, err := d.Plan("image/default/docker.io/a:1")       // … if that image were deleted first
//	w, err := d.Why("content/default/sha256:9f86…", 0)    // what keeps a blob
//	t, err := d.Top(10)                                   // who holds most
//	p, collected, err := d.Collect()                      // the same as Plan, carried out on a fork
//
//	t, err := examine.Inspect(db, "v1/default/images")    // what is stored, decoded
//	o, err := examine.Objects(db)                         // all there are, with the sizes of blobs
//	f, err := examine.Check(db, examine.FsckOptions{…})   // what is wrong
//	x, err := examine.Compare(older, newer)               // what changed
//
// # Versions and time
//
// Which objects a collection removes depends on the version of containerd, and the database does not say which that is:
// schema 3 is written by 1.6 and 1.7, schema 4 by 2.0 to 2.4. Open assumes the newest that writes the schema; a
// Plan then says what the others would decide differently. Time is given too: leases, images and uploads expire.
//
// # JSON
//
// Every answer is a struct that marshals to one JSON object; its fields, documented with their types, are
// the shape. The field "version" is ShapeVersion, which grows when the meaning of a field changes or one goes away;
// fields may be added at any time.
//
//	question        answer   JSON besides version
//	Plan, Collect   Plan     at containerd assumed schema migratedTo notes deleted fails removed removedCount
//	                         keptCount removedBytes keptBytes unsizedSnapshots others
//	Why             Why      at … notes node exists kept retainedBytes retainedObjects chains chainCount misses
//	                         roots rootCount referrers astray ignoredLabels keptElsewhere
//	Top             Top      at … notes roots rootCount shares keptBytes removedBytes unsizedSnapshots
//	Check           Fsck     at … notes findings counts contentChecked
//	Inspect         Tree     path items payload
//	Compare         Diff     added removed changed outside
//
// Nodes are strings, KIND/NAMESPACE/KEY, as metadata.NodeName writes them; a snapshot's KEY is SNAPSHOTTER/KEY. Kinds
// are those that Kinds lists. Times are RFC 3339 in UTC with nanoseconds. Sizes are exact numbers of bytes. Lists are
// sorted, so that the same database gives the same bytes of JSON. Keys that are not UTF-8, which containerd allows
// nearly nowhere, have U+FFFD in nodes, and are quoted as in Go in paths.
//
// # Bytes
//
// A database knows the sizes of blobs, and a blob that several namespaces have counts once. It does not know the sizes of
// snapshots: Usage supplies them, and every answer that sums up bytes says how many snapshots it had to leave out.
package examine

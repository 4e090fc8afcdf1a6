// Package examine answers an operator's questions about a containerd metadata database:
//
//	d, err := examine.Open(db, examine.Options{At: now})  // with the rules of the newest containerd of its schema
//	p, err := d.Plan()                                    // Which objects would a collection remove?
//	p, err := d.Plan("image/default/docker.io/a:1")       // ... if that image were deleted first (hypothetical)?
//	w, err := d.Why("content/default/sha256:9f86…", 0)    // Why is this blob kept?
//	t, err := d.Top(10)                                   // Which objects keep the most bytes?
//	p, collected, err := d.Collect()                      // the same as Plan, carried out on a fork
//
//	t, err := examine.Inspect(db, "v1/default/images")    // Which records are there?
//	o, err := examine.Objects(db)                         // all objects, with the sizes of blobs
//	f, err := examine.Check(db, examine.FsckOptions{…})   // Is the database sound?
//	x, err := examine.Compare(older, newer)               // Which records have changed?
//
// The package reads a memkv.DB and returns values. It prints nothing, opens no files, reads no clock, and never changes
// the database.
//
// # Versions and time
//
// The rules of collections depend on the version of containerd, but a database records only its schema: containerd 1.6
// and 1.7 write schema 3, and 2.0 to 2.4 write schema 4. [Open] assumes the newest version of the schema, and a [Plan]
// lists the differences of the other versions. The time is a parameter as well, because leases, images and ingests
// expire.
//
// # JSON
//
// Every answer is a struct that marshals to one JSON object. The fields are documented with their types. The field
// "version" is [ShapeVersion], which is incremented when a field is removed or changes its meaning. Fields may be added
// at any time.
//
//	question        answer   JSON fields besides "version"
//	Plan, Collect   Plan     at containerd assumed schema migratedTo notes deleted fails removed removedCount
//	                         keptCount removedBytes keptBytes unsizedSnapshots others
//	Why             Why      at … notes node exists kept retainedBytes retainedObjects chains chainCount misses
//	                         roots rootCount referrers astray ignoredLabels keptElsewhere
//	Top             Top      at … notes roots rootCount shares keptBytes removedBytes unsizedSnapshots
//	Check           Fsck     at … notes findings counts contentChecked
//	Inspect         Tree     path items payload
//	Compare         Diff     added removed changed outside
//
// A node is a string of the form KIND/NAMESPACE/KEY, as metadata.NodeName writes it. The KEY of a snapshot is
// SNAPSHOTTER/KEY. [Kinds] lists the kinds. Times are RFC 3339 in UTC with nanoseconds. Sizes are numbers of bytes.
// Lists are sorted, so equal databases give equal bytes of JSON. containerd allows keys that are not UTF-8 in a few
// places; nodes have U+FFFD for their invalid bytes, and paths have them quoted as in Go.
//
// # Bytes
//
// A database records the sizes of blobs. A blob in several namespaces counts once. It does not record the sizes of
// snapshots: [Usage] supplies them, and every answer with totals has the number of snapshots that it leaves out.
package examine

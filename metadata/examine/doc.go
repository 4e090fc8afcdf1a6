// Package examine answers an operator's questions about a containerd metadata database:
//
//	d, err := examine.Open(db, examine.Options{At: now})  // with the rules of the newest containerd of its schema
//	p, err := d.Plan()                                    // Which objects would a collection remove?
//	p, err := d.Plan("lease/moby/*")                      // ... if these leases were deleted first (hypothetical)?
//	p, err := d.PlanWith(examine.PlanOptions{Until: t})   // ... and which objects expire until t?
//	w, err := d.Why("content/default/sha256:9f86…", 0)    // Why is this blob kept?
//	a, err := d.Account(examine.AccountOptions{})         // Who holds the bytes?
//	g, err := d.Groups(examine.ByClient)                  // the same by client, kind, namespace or snapshotter
//	l, err := d.Contents()                                // the objects of each part of the accounting
//	n, err := d.Namespace("ci", 0)                        // What keeps this namespace from being deleted?
//	t, err := d.Top(10)                                   // Which roots keep the most bytes?
//	p, collected, err := d.Collect()                      // the same as Plan, carried out on a fork
//
//	t, err := examine.Inspect(db, "v1/default/images")    // Which records are there?
//	o, err := examine.Objects(db)                         // all objects, with the sizes of blobs
//	f, err := examine.Check(db, examine.FsckOptions{…})   // Is the node sound?
//	x, err := examine.Compare(older, newer)               // Which records have changed?
//	s, err := examine.DescribeSalvage(db, o)              // What is lost of a damaged file, and what is found again?
//	err := examine.Identify(frozen)                       // Is this containerd's metadata database?
//
// The package reads a memkv.DB and returns values. It prints nothing, opens no files, reads no clock, and never changes
// the database. [Options.Disk] is the node around the database, which package metadata/nodedir finds: the content
// store, and the snapshotters' own databases, which package metadata/storage reads. With it the answers also have the
// sizes of snapshots, and the files that no record names. A file that is not containerd's metadata database gives a
// [*ForeignError], which names its owner.
//
// # Holders
//
// A [Holder] is a set of roots that a person deletes together: all names of one image, a container with its snapshot, a
// lease, an object with the label gc.root, an upload. An [Accounting] attributes each byte to exactly one part: a
// holder, a set of holders that share it, garbage, or files without a record.
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
//	question           answer      JSON fields besides "version"
//	Plan, PlanWith,    Plan        at containerd assumed schema migratedTo notes deleted fails removed removedSizes
//	Collect                        removedCount keptCount removedBytes keptBytes unsizedSnapshots difference next
//	                               until untilCount untilFreed others withheld
//	Why                Why         at … notes node exists kept retainedBytes retainedObjects unsizedSnapshots image
//	                               withheld chains chainCount misses roots rootCount referrers astray ignoredLabels
//	                               keptElsewhere
//	Account            Accounting  at … notes totalBytes totalObjects unsizedSnapshots holders holderCount
//	                               retainedBytes shared sharedCount sharedBytes garbage withheld unheld unknown groups
//	                               kinds
//	Namespace          Namespace   at … notes namespace blocking garbageBlocking withheld deletedAlong holders
//	                               holderCount freed
//	Top                Top         at … notes roots rootCount shares keptBytes removedBytes unsizedSnapshots
//	Check              Fsck        at … notes findings counts contentChecked snapshottersChecked notChecked images
//	                               lost previous oldRecords
//	Inspect            Tree        path items payload
//	Compare            Diff        added removed changed outside lostOlder lostNewer
//	DescribeSalvage    Salvaged    objects lostNodes lost omittedLosses metaFaults scavenged taken dropped
//	                               snapshotter orphans
//	DescribeScavenge   Scavenged   pages unplaced records older nameless omitted stopped
//
// Parts of answers:
//
//	Part        bytes objects unsizedSnapshots: the type of garbage, unheld, unknown, freed, untilFreed, kept, reclaimable
//	Holder      holder kind namespace client nodes ends retainedBytes retainedObjects unsizedSnapshots sharedBytes
//	            sharedObjects
//	SharedPart  bytes objects unsizedSnapshots holders holderCount
//	Group       group holders kept reclaimable garbage
//	KindSum     kind ends count kept reclaimable
//	Difference  removed freed: the additional effect of a deletion
//	Expiry      at nodes freed: the type of next, and of the elements of until
//	Withheld    namespace objects lost: a namespace in which nothing is called garbage
//	Image       image names state platforms fromLabels: the type of the image in Why, and of the images in Fsck
//	Finding     severity check node detail means do commands
//	LostPart    bucket page from to detail more
//	OldRecord   node page path root transaction partial: the type of records and older
//	OldRecords  pages records lost lostCount
//	SalvageOrphans  snapshots blobs missingBlobs: the type of orphans, with elements of the types
//	DiskSnapshot    node snapshotter name kind bytes dir chain
//	DiskBlob        digest bytes content partOf
//
// [Contents] has no JSON form: it refers to the holders of an accounting. A field that is not known is missing, for
// example unknown without [Options.Disk]. The sizes in removedSizes have the order of removed; -1 stands for a snapshot
// of unknown size.
//
// A node is a string of the form KIND/NAMESPACE/KEY, as metadata.NodeName writes it. The KEY of a snapshot is
// SNAPSHOTTER/KEY. [Kinds] lists the kinds. Times are RFC 3339 in UTC with nanoseconds. Sizes are numbers of bytes.
// Lists are sorted, so equal databases give equal bytes of JSON. containerd allows keys that are not UTF-8 in a few
// places; nodes have U+FFFD for their invalid bytes, and paths have them quoted as in Go.
//
// # Bytes
//
// A database records the sizes of blobs. A blob in several namespaces counts once. It does not record the sizes of
// snapshots. [Options.Disk] has those of committed snapshots; [Usage] supplies others, read from a file or measured by
// walking directories ([Usage.Measure]). Every sum of bytes comes with unsizedSnapshots, the number of snapshots that
// it leaves out. An unknown size is never 0.
//
// If records of a namespace are lost ([Options.Lost]), a lost record may keep any object of it. Then nothing in it is
// called garbage or reclaimable: figures that depend on the lost records are -1, for example garbageBlocking, or bytes
// and objects of a part.
package examine

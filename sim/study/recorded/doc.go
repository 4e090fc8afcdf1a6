// Package recorded converts the output of `ctr events` of a real daemon to load: a trace of Ops to replay on a node in
// memory, or on which to compare policies.
//
//	events, err := recorded.Read(file)                          // as ctr wrote it, of 1.6 and 2.x
//	trace, err := recorded.Interpret(events, recorded.Options{Before: node})
//	err = trace.Write(out)                                      // for engine.Replay, "holdfast compare --trace"
//	prediction, err := recorded.Replay(trace, node, …)          // when would containerd's scheduler collect?
//
// # Exact information
//
// Names of namespaces, image records and containers, the labels of the first two, and the times of their creation and
// deletion are exact. In 2.x, so are snapshots and their parents: each removal has an event, whether by a client or a
// collection. Therefore a root label keeps each snapshot of the trace until that event.
//
// # Assumptions
//
// Events lack relations between objects. The package assumes the behaviour of clients:
//
//   - Blobs, snapshots unpacked from them, and the following image records belong to one pull, under a lease that ends
//     with it. Pauses delimit pulls. Without an image record, the client died: its lease stays for 24 hours.
//   - An image consists of the content of pulls under its name with a blob in common, if its namespace ever had that
//     content. The first blob of no other image is its target, the second its config, the rest are layers; so are blobs
//     from which, according to a database, its snapshots were unpacked. The images of an archive cannot be told apart.
//   - A blob that is committed again while its pull has image records was not held by them: a collection removed it.
//   - An image record without content is a tag of the latest image of its repository, or else of its namespace. In 2.x
//     an update without labels moves a tag. Each tag is created under a lease that ends with the call.
//   - A container's snapshot has the container's name. Both are created under one lease, which ends with the call.
//   - Content without an image record is leased for 24 hours, unless it is committed again. Other snapshots have a root
//     label.
//   - Events of 1.6 lack content: an image has one synthetic blob, which holds the snapshots unpacked when the image
//     was created.
//
// [Options] replace assumptions by knowledge. No event has the initial state (the database), the leases and labels of
// clients, or whether they waited for a collection. [Summary] counts the assumptions.
//
// # Accuracy
//
// Real daemons with containerd's default settings were recorded together with their logs; see testdata. A simulated
// daemon with the same settings, the initial database, and the mean pause from the log replayed each load. The table
// has the numbers of collections, and of surplus and missing blobs at the end:
//
//	               collections                           blobs
//	recording      real  by events   and by commands     real  by events   and by commands
//	small-2.4.2      20  17 (−15 %)  20                     9  +2 −3       exactly those
//	small-1.6.20     21  16 (−24 %)  20 (−5 %)              9  +1 −6       +1 −6
//	mixed-2.4.2     626  622 (−1 %)  679 (+8 %)           273  +46 −101    +6 −9
//
// "By commands" means that the commands of clients were known, but not the content of the archives that they imported.
// Namespaces, image records, containers and snapshots equal the real ones in all six replays: snapshots of 2.x by
// construction, those of 1.6 because the simulated daemon collected them.
//
// The causes of the differences of the small recordings are known. Events lack two deletions of a lease, the removal of
// a resource from a lease, and, in 1.6, the deletion of a blob; each causes a collection. Two deletions within
// milliseconds cause one or two collections, depending on the scheduler's last check. On the busy daemon, whose
// scheduler finds a reason to collect at nearly every check, the accuracy of events alone is a coincidence: missing and
// surplus collections compensate. Of the 53 surplus collections by commands, 32 follow removals that a collection made.
// Their events are repeated at their time, and count as deletions if the simulated daemon collected a moment before.
// The others are consistent with the simulated clean-up taking no time, whereas containerd forgets deletions during a
// clean-up.
//
// The scheduler of 1.6 computes its interval from the mean pause; later versions, and package schedule, from at least
// 5 ms. Settings that replay a load of 1.6 have a pause threshold that results in the same interval.
package recorded

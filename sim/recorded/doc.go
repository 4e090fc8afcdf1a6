// Package recorded turns what `ctr events` wrote of a real daemon into load: a trace of Ops, to be replayed on a node in
// memory, or to compare policies on.
//
//	events, err := recorded.Read(file)                          // as ctr wrote it, of 1.6 and 2.x
//	trace, err := recorded.Interpret(events, recorded.Options{Before: node})
//	err = trace.Write(out)                                      // for engine.Replay, "holdfast compare --trace"
//	prediction, err := recorded.Replay(trace, node, …)          // when would containerd's scheduler collect?
//
// # What is exact
//
// Names of namespaces, image records and containers, with the labels of the first two, and when each was made and deleted.
// Since 2.x every snapshot and its parents too: whoever removes one, a client or a collection, there is an event. So here a
// root keeps each snapshot until that event.
//
// # What is assumed
//
// Events don't tell what belongs together, what refers to what, and what holds it. It is taken for what clients do:
//
//   - Blobs, snapshots that they are unpacked to, and the image records after them, come of one pull, under a lease that
//     ends with it. That the next begins is told by pauses. Without image record, the client died: its lease stays for
//     24 hours.
//   - Of what pulls under one image name brought, one or another blob in common, the image is made. The first one is its
//     target, which refers to the rest as config and layers, and to layers that a database tells its snapshots were made
//     of. Which of them is what, and which image of an archive has which, is not known.
//   - A blob that is committed again while image records of its pull are there was held by none of them: it had been
//     collected.
//   - An image record without content is a tag: of the latest image of its repository, else of its namespace. In 2.x an
//     update without labels moves one. Each is made under a lease that ends with it.
//   - A container's snapshot has its name. Both are made under one lease, which ends with that.
//   - Content under no image record is leased for 24 hours, unless it is committed again. Other snapshots have a root.
//   - In 1.6, which tells of no content: an image has one blob that stands in for it all and holds what was unpacked when
//     it was made.
//
// [Options] say what is known better. Nothing else than these says what was there before (the database), what clients held
// by leases and labels, and whether they waited for a collection. [Summary] counts what was assumed.
//
// # How close that comes
//
// Real daemons, with containerd's default settings, were recorded together with their logs; see testdata. On each load a
// simulated daemon with the same settings, its database before, and the mean pause of its log, made as many collections:
//
//	recording      real   by events    by events and the commands of clients
//	small-2.4.2      20   17 (−15 %)   20
//	small-1.6.20     21   16 (−24 %)   20 (−5 %)
//	mixed-2.4.2     626   622 (−1 %)   679 (+8 %)
//
// Namespaces, image records, containers and snapshots that were left in the end are the real ones in all six. Of blobs, in
// the same order: 2 too many and 3 too few of 9, none wrong; of 9 that no event of 1.6 told of, 3 are right, and 3 again;
// 48 too many and 134 too few of 273, 16 too many and 17 too few. What the events alone would leave, with nothing collected,
// is 629 too many.
//
// What events can't tell, and the small recordings show one by one: a collection that comes of a lease, or of something
// taken out of one. 1.6 adds what is deleted and was never told of. Two deletions within milliseconds are one or two
// collections by when the scheduler last looked, which is also all that is uncertain about busy daemons. There collections
// end later than here, where the clean-up of backends takes no time, so that the real one forgets deletions meanwhile; and
// snapshots of which events tell that a collection removed them are removed at that time, which counts as a deletion
// if the simulated one didn't.
//
// The scheduler of 1.6 computes its interval from the mean pause; later ones, as package schedule, from 5 ms if that is
// more. Settings that replay a load of 1.6 have a pause threshold with which that comes to the same.
package recorded

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
//   - Of what pulls under one image name brought, one or another blob in common, the image is made, as far as the namespace
//     ever had it. The first blob that no other image has is its target, the second its config, the rest are layers; and so
//     are those of which a database tells that its snapshots were made of them. Which image of an archive has what is not
//     known.
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
// simulated daemon with the same settings, its database before, and the mean pause of its log, collected so often, and had
// so many blobs too many and too few in the end:
//
//	               collections                           blobs
//	recording      real  by events   and by commands     real  by events   and by commands
//	small-2.4.2      20  17 (−15 %)  20                     9  +2 −3       exactly those
//	small-1.6.20     21  16 (−24 %)  20 (−5 %)              9  +1 −6       +1 −6
//	mixed-2.4.2     626  622 (−1 %)  679 (+8 %)           273  +46 −101    +6 −9
//
// By commands too means that what clients did was known, though not what was in the archives that they imported.
// Namespaces, image records, containers and snapshots are the real ones in all six; snapshots of 2.x are so by construction,
// those of 1.6 because the simulated daemon collected them.
//
// What the events of the small recordings can't tell is each known: a lease that was deleted, twice; a resource taken out of
// one; and in 1.6 the deletion of a blob that was never told of. Each is a collection. Two deletions within milliseconds are
// one collection or two, by when the scheduler looked last. On the busy daemon, whose scheduler finds something nearly
// whenever it looks, that the events alone come closer is chance: what they lack makes up for what is too much. Of the 53
// collections that are too many by commands, 32 come of removals that an event tells of and a collection made: they are
// repeated at their time, and count as a deletion if the simulated daemon collected a moment before. The others fit that it
// takes no time to clean up, whereas containerd forgets what is deleted meanwhile.
//
// The scheduler of 1.6 computes its interval from the mean pause; later ones, as package schedule, from 5 ms if that is
// more. Settings that replay a load of 1.6 have a pause threshold with which that comes to the same.
package recorded

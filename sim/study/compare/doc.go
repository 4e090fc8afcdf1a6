// Package compare computes the costs of garbage collection policies on a load. A policy combines a schedule of
// collections (package gc/schedule) with evictions (package sim/study/policy). All policies run on the same nodes.
//
//	fast, err := compare.ParseCombination("kubelet:high=70,low=60")
//	slow, err := compare.ParseCombination("containerd:pause=0.1+kubelet")
//	running, err := compare.Begin(compare.Study{Profile: "k8s-node", Policies: []compare.Combination{fast, slow}})
//	err = running.Run(2, nil, nil) // or running.Step() until it is done
//	result := running.Result()
//
// A [Study] and its [Result] are plain data; package sim/study/report shows results. One study and one seed give the
// same bytes on every machine, for any number of goroutines, and in WebAssembly.
//
// # Simulation
//
// Each [Node] is a complete engine of package engine in virtual time. A pull creates a lease, commits the layers, the
// config and the manifest with the labels that clients set, creates the image records, unpacks a chain of snapshots and
// ends the lease. A container has a record and a snapshot; a build record is a snapshot under a flat lease. The engine
// runs the collections, by containerd's rules. A ledger counts the bytes of each holder independently. At each
// collection engine and ledger must agree to the byte, or the study fails. (The node counts but does not run a
// collection if the ledger shows that it would find nothing; a test runs all of them.)
//
// The load of each seed is drawn once from a profile ([Draw]) and does not depend on the policies. The policies
// determine the images that are pulled, and the records that are built, again. A policy that can tell that another one
// would have decided the same on a node ([policy.Decider]) spares [Running.Run] the simulation of the other one.
//
//   - Evictions delete all records of an image, as CRI does; the deletion of the last record waits for a collection.
//     Buildkit also waits after it prunes. With a ttl nobody waits: a later collection finds the expired label.
//   - A container's layer stays on the disk until a collection cleans the snapshotter. The content of an abandoned pull
//     stays until its lease of 24 hours has expired and a collection has run.
//   - A pull without enough disk space fails. Kubelet then evicts all unused images. Containers that still lack space
//     wait until a collection frees enough, or until their time is over: they never ran. Builds don't wait.
//
// # Measurements
//
// [Metrics] describes the figures, and [PinnedBy] the kinds of holders. A figure is the mean over the nodes with its 95
// % confidence interval by Student's t. All policies have the same nodes, so differences between policies are more
// precise than their intervals: see [Metric.Difference]. Pauses are modelled as linear in the numbers of objects that a
// collection visits and removes; [CostModels] has the coefficients and their measurements.
//
// A policy under which requests failed or waited for disk space did not serve the load: a failed pull looks like one
// that was saved. Its metrics are void ([Policy.Void]): it is neither efficient nor compared with a bound. [Idle] marks
// a policy that evicted nothing, [Short] one that freed too little. Fewer than [IntervalNodes] nodes have no interval.
//
// # Bounds
//
// [Metric.Least] is a lower bound: every policy that serves the same requests at once has at least as much, even a
// policy that knows the future. The bound depends on the load and the initial state alone. It holds for every policy,
// because it follows from containerd's rules:
//
//   - Mean bytes, p95 bytes: a container's record holds its own layer, and the snapshots below it, from its start to
//     its removal. A running build holds its records. No collection removes these units. So the disk always has at
//     least their bytes, each unit counted once. The same holds for the mean over time and for every quantile.
//   - Peak bytes: at the time of a request for an image, the disk also has all blobs and snapshots of the image. A pull
//     stores all of them before its lease ends.
//   - Bytes pulled: the node pulls each blob of a requested image, and makes each build record, at least once, unless
//     it has the blob at the start.
//
// Ambiguous requests count for nothing. Of two images with one name, a node may pull only the first. An image from the
// database may run without some of its blobs. Conditional labels in a database may release snapshots of its containers.
// The arguments assume that a digest stands for one content.
//
// The other metrics have no bound above 0. For example, on a large disk nothing is pulled again. [Result.LeastDisk]
// follows from the peak: a smaller disk has no room for some request.
//
// The clairvoyant policy ([ClairvoyantSpec]) knows the future, including the layers that each later image shares. It is
// greedy, not optimal, and uses the same disk marks as the others. So it is a reference and no bound: another policy
// can need less disk, or pull fewer bytes again.
//
// # Faults
//
// [Study.Faults] makes removals and the snapshotter fail in some hours of each node, the same hours under each policy.
// [Policy.Faults] counts the failures.
//
// # A larger disk
//
// If requests failed under every policy, the study continues on larger disks, until some policy serves the load:
// [Result.Larger].
//
// # Limits
//
// Pulls and builds take no time and no bandwidth, and pauses delay nobody. The simulation omits concurrent pulls of one
// image, retries, sandboxes of pods, volumes, logs, exports of builds, and changing base images. Many figures of
// profiles are assumptions, since nobody has published them; [LoadInfo] names them. A result therefore ranks policies
// rather than predicts the bytes of a particular node. For that, start from the node's database (Study.From) or a
// recorded load ([ReadTrace]).
//
// # Driving a node by hand
//
// [Node.Do] takes one event at a time, to run loads from elsewhere. A [Daemon] is smaller: an engine, a schedule and
// virtual time. A custom policy is a [policy.Policy] in a [Combination].
package compare

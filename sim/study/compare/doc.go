// Package compare says what policies of garbage collection cost on a load: when
// to collect (package gc/schedule) and what to let go of (package sim/study/policy),
// in any combination, on the same nodes.
//
//	fast, err := compare.ParseCombination("kubelet:high=70,low=60")
//	slow, err := compare.ParseCombination("containerd:pause=0.1+kubelet")
//	running, err := compare.Begin(compare.Study{Profile: "k8s-node", Policies: []compare.Combination{fast, slow}})
//	err = running.Run(2, nil, nil) // or running.Step() until it is done
//	result := running.Result()
//
// A [Study] is plain data, and so is the [Result]; package sim/study/report shows it. One
// study and one seed give the same bytes everywhere, whatever the number of
// goroutines, WebAssembly included.
//
// # What is simulated
//
// Each [Node] is a whole engine of package engine in virtual time. A pull takes a
// lease, commits the layers, the config and the manifest with the labels that
// clients put on them, makes the image records, unpacks a chain of snapshots and
// ends the lease; a container has a record and a snapshot; a build record a
// snapshot under a flat lease. A collection is the engine's own: containerd's rules
// decide what goes, nothing here does. Beside it a ledger counts who holds which
// bytes, from one event to the next, and at each collection the two must agree to
// the byte, or the study ends with an error. (A collection of which the ledger
// knows that it finds nothing is counted but not made; a test has them all made.)
//
// The load is drawn once for each seed, from a profile ([Draw]), and doesn't depend
// on the policies. They decide what has to be pulled or built again.
//
//   - Images are let go of as CRI does it: all records are deleted, and whoever
//     deletes the last waits for a collection. So does buildkit after it prunes.
//     With a ttl nobody waits: the label says it, and a collection finds out.
//   - A container's own layer stays on the disk until a collection cleans the
//     snapshotter, and what a pull left that was abandoned until its lease, of 24
//     hours, has expired and a collection has found that.
//   - An image for which there is no room fails to be pulled: the disk is full.
//     Kubelet then lets go of all that is unused, as its eviction does. What still
//     has no room waits until a collection has made some, or until its time is
//     over: it never ran. A build doesn't wait.
//
// # What is measured
//
// [Metrics] describes the figures, [PinnedBy] by whom bytes are held. A figure is
// the mean over the nodes, with its 95 % confidence interval by Student's t; as the
// nodes are the same under all policies, differences are surer than that: see
// [Metric.Minus]. Pauses are modelled, linear in what a collection looks at and
// removes: [CostModels] has the figures and where they were measured.
//
// The bound is the policy that knows the future, and which layers come back in
// which image ([BoundSpec]). It is greedy, not optimal, and it minds the same marks
// as others: one that keeps less on the disk can be below it there, and pays in
// what is pulled again.
//
// # What is not
//
// Pulls and builds take no time and no bandwidth, pauses delay nobody. Several
// pulls of one image at once, retries of the registry, pods' sandboxes, volumes and
// logs, exports of what was built, and base images that change are left out. Of a
// profile's figures many are assumed, since nobody has published them: they are
// named in [LoadInfo]. So a result tells policies apart rather than how many bytes
// a node of yours has; for that, begin with its database (Study.From) or with a
// load that was recorded ([ReadTrace]).
//
// # By hand
//
// A [Node] takes one event at a time ([Node.Do]), so that loads from elsewhere can
// be played on it, and a [Daemon] is less still: an engine, a schedule, and time
// that passes. A policy of one's own is a [policy.Policy] in a [Combination].
package compare

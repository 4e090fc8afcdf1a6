/** The arguments and results of `Holdfast.compare` and `Holdfast.simulate`. */

/** The progress of a job. */
export interface Progress<State> {
  /** The units of work that are done. */
  did: number;
  /** All units of work; an estimate until the job is done. */
  of: number;
  /** The state of the job. */
  progress: State;
  /** The output of the job since the last step, in whole lines. */
  text: string;
}

/** A random history with fault injection, checked against an oracle. The seed determines options without a default. */
export interface Simulation {
  /** 64 bits. Use a bigint or a string of decimal digits beyond 2^53. Default: 0. */
  seed?: number | bigint | string;
  /** The number of Ops. Default: 10,000. */
  ops?: number;
  /** `"swarm"`, `"calm"` or `"steady"`. */
  profile?: string;
  /** The average number of Ops between two collections. */
  collectEvery?: number;
  /** The schedule of the node's own collections. */
  schedule?: string;
  /** The injected faults and their weights. */
  faults?: Record<string, number>;
  /** The average number of Ops between two faults. */
  faultEvery?: number;
  /** The output: the hash of the node after each Op, or the trace. Default: none. */
  body?: "hashes" | "trace";
}

/** The state of a simulation. */
export interface SimulationProgress {
  steps: number;
  /** The number of steps before the closing phase. */
  ops: number;
  collections: number;
  removed: number;
  /** The number of stored objects. */
  objects: number;
  /** The time on the node's clock. */
  time: string;
}

/** The result of a simulation. */
export interface Outcome {
  seed: number;
  drawn: Drawn;
  steps: number;
  collections: number;
  /** The number of objects that collections removed. */
  removed: number;
  /** The number of stored objects at the end. */
  objects: number;
  /** The number of injected faults of each kind. */
  faults?: Record<string, number>;
  /** How often the run reached each situation. */
  marks?: Record<string, number>;
  /** The number of results with each code. */
  codes: Record<string, number>;
  stopped?: boolean;
  /** Present if the oracle found a failure. */
  failure?: Failure;
}

/** The parameters of the run, given or determined by the seed. */
export interface Drawn {
  /** The version of containerd. */
  rules: string;
  isolated: boolean;
  /** Collections look only at blobs and snapshots that a record named, as without options in Go. */
  named_parts: boolean;
  namespaces: number;
  /** The number of different images. */
  images: number;
  /** The number of different names of records. */
  names: number;
  schedule: string;
  /** Average numbers of steps between two events; 0 for none. */
  collect_every: number;
  clock_every: number;
  fault_every: number;
  /** The number of actors of each kind. */
  actors: Record<string, number>;
  /** The weights of the faults. */
  faults: Record<string, number> | null;
}

/** A failure that the oracle found. */
export interface Failure {
  /** The violated rule. */
  rule: string;
  /** The call and its result. */
  call?: string;
  detail: string;
  step: number;
  /** The failure occurred after the last injected fault. */
  quiet: boolean;
}

/** The configuration of a comparison of policies. */
export interface Study {
  /** The name of a built-in load profile. Default: `"k8s-node"`. */
  profile?: string;
  /** The text of a custom load profile in JSON, instead of `profile`. */
  profileText?: string;
  /** The policies. Default: a set of common ones. */
  policies?: Combination[];
  /** The simulated days of each node. Default: 30. */
  days?: number;
  /** The size of the file system in bytes. Default: from the profile. */
  disk?: number;
  /** The bytes of the file system that other data occupies. Default: from the profile. */
  other?: number;
  /** The seed of the first node. Default: 0. */
  seed?: number;
  /** The number of nodes with different loads. Default: 10. */
  seeds?: number;
  /** Faults of the nodes. Default: none. */
  faults?: NodeFaults;
  /** Do not try larger disks if requests fail under every policy. */
  fixedDisk?: boolean;
  /** Omit the policy that knows the future, which is added for reference. */
  noClairvoyant?: boolean;
}

/** The share of the hours, from 0 to 1, in which something fails on each node. The same hours under each policy. */
export interface NodeFaults {
  /** An image or build record cannot be removed, drawn for each on its own. */
  remove?: number;
  /** The snapshotter fails when a collection cleans it. */
  snapshotter?: number;
}

/** A policy: a schedule of collections and eviction policies. */
export interface Combination {
  /** The name in legends. */
  name?: string;
  /** The schedule of collections. Default: `"containerd"`. */
  collect?: string;
  /** The eviction policies, applied in order. Default: `["none"]`. */
  release?: string[];
}

/** The state of a study. */
export interface StudyProgress {
  /** Steps. */
  done: number;
  total: number;
  /** The policy of the current node; "" when all nodes are done. */
  policy: string;
  /** The index of the policy. */
  index: number;
  seed: number;
  day: number;
  /** The series of the current node up to `day`. */
  series: Point[];
  /** The size of the disk in bytes, if the study tries another one than its own. */
  disk?: number;
}

/** The arguments of the verb "compare". */
export function studyArgs({ profileText, fixedDisk, noClairvoyant, ...study }: Study): unknown {
  return { ...study, profile_text: profileText, fixed_disk: fixedDisk, no_clairvoyant: noClairvoyant };
}

/** The arguments of the verb "simulate". */
export function simulationArgs({ seed, collectEvery, faultEvery, ...simulation }: Simulation): unknown {
  return { ...simulation, seed: seed === undefined ? undefined : String(seed), collect_every: collectEvery, fault_every: faultEvery };
}

/** The result of a study. */
export interface Comparison {
  load: LoadInfo;
  start: string;
  /** The simulated days of each node. */
  days: number;
  /** The size of the file system in bytes. */
  disk: number;
  /** The bytes that other data occupies. */
  other: number;
  /** The seed of the first node. */
  seed: number;
  /** The number of nodes. Every policy runs on the same loads. */
  seeds: number;
  /** A lower bound of the size of the file system: on a smaller one some request fails under every policy. */
  least_disk?: number;
  /** Present if requests failed under every policy: the least tried size on which `policy` serves the load, or 0. */
  larger?: { disk: number; policy: string; most: number };
  /** The faults of the study. Absent if it has none. */
  faults?: NodeFaults;
  /** Seconds between two points of a series. */
  every: number;
  /** In the requested order; an added clairvoyant policy is last. */
  policies: PolicyResult[];
  /** The cost models of pauses, in the order of `pauses` of each policy. */
  costs: Cost[];
}

/** The source of the load. */
export interface LoadInfo {
  kind: string;
  name: string;
  about?: string;
  /** Assumptions. */
  notes?: string[];
}

/** The result of one policy. */
export interface PolicyResult {
  /** The specification with every parameter. */
  spec: string;
  /** A short name, unique in the result. */
  name: string;
  /** The schedule of collections. */
  collect: string;
  /** The eviction policies. */
  release: string;
  /** The policy knows the future: it is a reference, and no node can run it. */
  clairvoyant?: boolean;
  /**
   * Pareto-efficient: no other candidate is better in mean bytes or repulled bytes without being worse in the other.
   * False for a policy under which requests failed.
   */
  efficient: boolean;
  /** The reason why the policy cannot be compared with others: requests failed. Absent if it can. */
  void?: string;
  /** Present if the policies at times freed fewer bytes than they needed. */
  short?: { calls: number; nodes: number; need: number; freed: number };
  /** The numbers of failures and attempts, and of nodes with failures. Absent if the study has no faults. */
  faults?: { removals: number; of_removals: number; cleanups: number; of_cleanups: number; nodes: number };
  /** Present if the policies evicted nothing. */
  idle?: { disk?: number };
  /** The same names in the same order for every policy. */
  metrics: Metric[];
  series: Point[];
  pauses: PauseModel[];
  /** The holders with the largest retained size, averaged over time and nodes, in descending order. */
  holders: HolderMean[];
}

/** A mean over the nodes and its 95 % confidence interval. */
export interface Metric {
  name: string;
  unit: string;
  mean: number;
  /** Low and high equal the mean for fewer than five nodes: they have no interval. */
  low: number;
  high: number;
  /** Failed requests distort the figure. */
  void?: boolean;
  /** The value of each node in the order of seeds, if all nodes were simulated to the end. */
  values?: number[];
  /** A lower bound of the mean: no policy that serves the same requests has less. Absent if none above 0 is known. */
  least?: number;
  /** The ratio of the mean to `least`. */
  bound?: number;
}

/** The use of the disk at one time in bytes, averaged over the nodes. */
export interface Point {
  /** The bytes of images, snapshots and builds. */
  used: number;
  /** The minimum and maximum of `used` over the nodes. */
  low: number;
  high: number;
  /** The unreachable bytes in `used`. */
  garbage: number;
  /** The reachable bytes in `used` by kind of holder, in the order of `pinnedBy`. */
  pinned: number[];
}

/** The kinds of holders in the order of `Point.pinned`. Shared bytes count for the first of their holders. */
export const pinnedBy = ["containers", "builds", "leases", "images in use", "images not in use"] as const;

/** A model of the pause of a collection in seconds: fixed, per examined object, and per removed object. */
export interface Cost {
  name: string;
  /** The calibration. */
  about: string;
  fixed: number;
  per_object: number;
  per_removed: number;
}

/** The pauses under a cost model, in seconds. */
export interface PauseModel {
  cost: string;
  /** The number of pauses per node. */
  count: number;
  mean: number;
  p50: number;
  p95: number;
  max: number;
  total: number;
  /** The histogram, in ascending order and without gaps. */
  buckets: Bucket[];
}

/** The number of pauses on all nodes above the previous bucket and of at most `up_to` seconds. */
export interface Bucket {
  up_to: number;
  count: number;
}

/** A holder in a study and its mean retained size. */
export interface HolderMean {
  name: string;
  /** One of `pinnedBy`. */
  kind: string;
  /** The retained bytes, averaged over time and nodes. */
  bytes: number;
}

/** What `Holdfast.compare` and `Holdfast.simulate` are asked and answer. */

/** How far a job is. */
export interface Progress<Sofar> {
  /** Units of work that are done, of `of`: a good guess until all is done. */
  did: number;
  of: number;
  /** What the job has come to so far. */
  progress: Sofar;
  /** What the job put out since the last step, if it was asked to: whole lines. */
  text: string;
}

/** A random history with faults, under the eyes of an oracle. What is left out is drawn from the seed. */
export interface Simulation {
  /** 64 bits: beyond 2^53 a bigint, or a string of decimal digits. 0. */
  seed?: number | bigint | string;
  /** 10,000. */
  ops?: number;
  /** `"swarm"`, `"calm"` or `"steady"`. */
  profile?: string;
  /** Ops between two collections on average. */
  collectEvery?: number;
  /** When the node itself collects. */
  schedule?: string;
  /** Which mishaps there are, by weight. */
  faults?: Record<string, number>;
  /** Ops between two mishaps on average. */
  faultEvery?: number;
  /** What is put out on the way: the hash of the node after each Op, or the trace. Nothing. */
  body?: "hashes" | "trace";
}

/** What a simulation has come to so far. */
export interface SimulationProgress {
  steps: number;
  /** How many steps it has before its closing. */
  ops: number;
  collections: number;
  removed: number;
  /** Objects that are stored. */
  objects: number;
  /** On the node's clock. */
  time: string;
}

/** How a simulation went. */
export interface Outcome {
  seed: number;
  drawn: Drawn;
  steps: number;
  collections: number;
  /** Objects that collections removed. */
  removed: number;
  /** Objects that were stored at the end. */
  objects: number;
  faults?: Record<string, number>;
  /** How often situations were reached. */
  marks?: Record<string, number>;
  /** How often Ops had each code. */
  codes: Record<string, number>;
  stopped?: boolean;
  /** What went wrong, if anything did. */
  failure?: Failure;
}

/** What the seed drew, unless it was given. */
export interface Drawn {
  /** The version of containerd. */
  rules: string;
  isolated: boolean;
  namespaces: number;
  /** How many different images there are to pull, and how many names records share. */
  images: number;
  names: number;
  schedule: string;
  /** Steps between two on average; 0 for none. */
  collect_every: number;
  clock_every: number;
  fault_every: number;
  /** How many there are of each kind. */
  actors: Record<string, number>;
  /** By weight. */
  faults: Record<string, number> | null;
}

/** What went wrong. */
export interface Failure {
  /** What was broken. */
  rule: string;
  /** Whose call it was, and what it came to. */
  call?: string;
  detail: string;
  step: number;
  /** It showed only after the faults had stopped. */
  quiet: boolean;
}

/** What is to be compared, on which load, for how long. */
export interface Study {
  /** The name of a built-in profile of load: `"k8s-node"`. */
  profile?: string;
  /** A profile's text, instead. */
  profileText?: string;
  /** What to compare: a choice of the usual ones. */
  policies?: Combination[];
  /** To simulate, of each node: 30. */
  days?: number;
  /** Bytes of the file system, and those of it that other things take up: the profile's. */
  disk?: number;
  other?: number;
  /** Of the first node: 0. */
  seed?: number;
  /** How many nodes, each with a load of its own: 10. */
  seeds?: number;
  /** Leave out the clairvoyant bound, which is otherwise added. */
  noBound?: boolean;
}

/** When to collect, and what to let go of. */
export interface Combination {
  /** For legends. */
  name?: string;
  /** When to collect: `"containerd"`. */
  collect?: string;
  /** What to let go of, each asked in turn: `["none"]`. */
  release?: string[];
}

/** What a study has come to so far. */
export interface StudyProgress {
  /** Steps. */
  done: number;
  total: number;
  /** The node at work, and as much of its series as there is. The policy is "" when all is done. */
  policy: string;
  /** Of the policy. */
  index: number;
  seed: number;
  day: number;
  series: Point[];
}

/** What the module is told of a study. */
export function studyArgs({ profileText, noBound, ...study }: Study): unknown {
  return { ...study, profile_text: profileText, no_bound: noBound };
}

/** What the module is told of a simulation. */
export function simulationArgs({ seed, collectEvery, faultEvery, ...simulation }: Simulation): unknown {
  return { ...simulation, seed: seed === undefined ? undefined : String(seed), collect_every: collectEvery, fault_every: faultEvery };
}

/** What a study came to. */
export interface Comparison {
  load: LoadInfo;
  start: string;
  /** Simulated, of each node. */
  days: number;
  /** The file system's size in bytes. */
  disk: number;
  /** Of that, taken up by other things. */
  other: number;
  /** The first node's. */
  seed: number;
  /** Nodes, each with a load of its own; every policy has the same ones. */
  seeds: number;
  /** Seconds from one point of the series to the next. */
  every: number;
  /** In the order they were asked for, clairvoyant last if it was added as the bound. */
  policies: PolicyResult[];
  /** The cost models of pauses, which the `pauses` of each policy follow. */
  costs: Cost[];
}

/** Where the load came from. */
export interface LoadInfo {
  kind: string;
  name: string;
  about?: string;
  /** What was assumed. */
  notes?: string[];
}

/** How one combination of policies did. */
export interface PolicyResult {
  /** With every parameter. */
  spec: string;
  /** Short, for a legend: unique in a result. */
  name: string;
  /** When garbage is collected. */
  collect: string;
  /** What is let go of. */
  release: string;
  bound?: boolean;
  /** No other that is not a bound is better by one of mean bytes and bytes pulled again and no worse by the other. */
  efficient: boolean;
  /** The same names in the same order for every policy. */
  metrics: Metric[];
  series: Point[];
  pauses: PauseModel[];
  /** What kept most bytes, averaged over time and nodes, largest first. */
  holders: Holder[];
}

/** The mean over the nodes with its 95 % confidence interval. */
export interface Metric {
  name: string;
  unit: string;
  mean: number;
  low: number;
  high: number;
  /** Those of each node, by its seed, if all were simulated to their end. */
  values?: number[];
  /** The ratio of the mean to the clairvoyant policy's; left out if that is 0 or says nothing. */
  bound?: number;
}

/** The state of the disk at one time, in bytes, averaged over the nodes. */
export interface Point {
  /** By images, snapshots and builds. */
  used: number;
  /** Least and most of any node. */
  low: number;
  high: number;
  /** Of `used`: reachable from nothing, waiting to be collected. */
  garbage: number;
  /** The rest of `used` by who pins it: one for each of `pinnedBy`. */
  pinned: number[];
}

/** The kinds of holders, in the order of `Point.pinned`. What several hold counts for the first of them. */
export const pinnedBy = ["containers", "builds", "leases", "images in use", "images not in use"] as const;

/** How long a collection stops writers, in seconds, as a function of what there is to look at and to remove. */
export interface Cost {
  name: string;
  /** What it was calibrated on. */
  about: string;
  fixed: number;
  per_object: number;
  per_removed: number;
}

/** How long writers were stopped under a cost model, in seconds. */
export interface PauseModel {
  cost: string;
  /** Pauses, of a node. */
  count: number;
  mean: number;
  p50: number;
  p95: number;
  max: number;
  total: number;
  /** Ascending, contiguous. */
  buckets: Bucket[];
}

/** Counts pauses of at most `up_to` seconds that no bucket before it counts, of all nodes. */
export interface Bucket {
  up_to: number;
  count: number;
}

/** Kept bytes that nothing else kept. */
export interface Holder {
  name: string;
  /** One of `pinnedBy`. */
  kind: string;
  /** Averaged over time and nodes. */
  bytes: number;
}

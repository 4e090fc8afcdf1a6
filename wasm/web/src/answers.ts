/**
 * The results of queries, as the command prints them with `--json`. `version` increases with each incompatible change;
 * fields may be added without a new version.
 *
 * A node of the graph is a string KIND/NAMESPACE/KEY, for example `image/default/docker.io/library/alpine:3.20`; the
 * KEY of a snapshot is SNAPSHOTTER/KEY. Times are RFC 3339 in UTC. Sizes are in bytes. Lists are sorted.
 *
 * Of a damaged file (`salvage`), a number of bytes or objects that a lost record could change is -1: it is unknown.
 */

/** The kind of an object. */
export type Kind = "image" | "container" | "sandbox" | "lease" | "content" | "ingest" | "snapshot";

/** The assumptions of a result. */
export interface Basis {
  version: number;
  /** The time of the collection. */
  at: string;
  /** The version of containerd that was applied, for example `"2.4"`. */
  containerd: string;
  /** The version was not given: it is the newest that writes the schema. */
  assumed: boolean;
  /** The schema of the database. */
  schema: number;
  /** The schema to which containerd migrates the database when it starts. */
  migratedTo?: number;
  /** Caveats, one sentence each. */
  notes?: string[];
}

/** The effects of a collection. */
export interface Plan extends Basis {
  /** The objects that the plan assumes deleted (hypothetical). */
  deleted?: string[];
  /** The error of the collection, if it fails; then it removes nothing. */
  fails?: string;
  removed: string[];
  /** The own bytes of the nodes in `removed`, in the same order; 0 for kinds without bytes, -1 for an unknown size. */
  removedSizes: number[];
  /** Objects by kind, without kinds that have none. */
  removedCount: Partial<Record<Kind, number>>;
  keptCount: Partial<Record<Kind, number>>;
  /**
   * The bytes of removed objects, hypothetically deleted ones included: each digest once, and snapshots of known size.
   */
  removedBytes: number;
  keptBytes: number;
  /** The number of removed snapshots of unknown size, which `removedBytes` does not include. */
  unsizedSnapshots: number;
  /** The namespaces of which records are lost. No object in them is called garbage: a lost record may keep it. */
  withheld?: Withheld[];
  /** The effect of the hypothetical deletions; only if there are any. */
  difference?: Difference;
  /** The next time at which objects expire. */
  next?: Expiry;
  /** The expiries up to the option `until`, the first 20 of `untilCount`. `untilFreed` is the sum over all of them. */
  until?: Expiry[];
  untilCount?: number;
  untilFreed?: Part;
  /** The other versions that write this schema, oldest first; only if asked for, and if the version was assumed. */
  others?: Other[];
}

/** A namespace of which records of a damaged file are lost. */
export interface Withheld {
  namespace: string;
  /** The number of objects that a collection would remove if nothing were lost. */
  objects: number;
  /** The first lost part that matters, in words. */
  lost: string;
}

/** The objects that a plan removes only because of hypothetical deletions. */
export interface Difference {
  /** The removed objects without the deleted ones. */
  removed: string[];
  /** The size of the removed and the deleted objects. */
  freed: Part;
}

/**
 * A time at which objects expire. The next collection after it removes them; containerd starts no collection because of
 * an expiry.
 */
export interface Expiry {
  at: string;
  /** The objects that expire. */
  nodes: string[];
  /** The objects that a collection removes only after this time. */
  freed: Part;
}

/** The size of a set of objects. */
export interface Part {
  /** -1 if it is unknown because records are lost, as `objects` is then too. */
  bytes: number;
  objects: number;
  /** The number of snapshots of unknown size, which `bytes` does not include. */
  unsizedSnapshots: number;
}

/** The differences between the plan and the plan of another version of containerd. */
export interface Other {
  containerd: string;
  /** The number of nodes in `removes` and `keeps`. */
  differs: number;
  /** Nodes that only the other version removes. */
  removes?: string[];
  /** Nodes that only the other version keeps. */
  keeps?: string[];
  /** The error of its collection, if it fails. */
  fails?: string;
}

/** The explanation why an object is kept or removed. */
export interface Why extends Basis {
  node: string;
  /** False if the object is only a target of references. */
  exists: boolean;
  /** A collection would keep the object. */
  kept: boolean;
  /**
   * The retained size: the bytes that a collection would remove if only this object were deleted. 0 for garbage, -1 if
   * it is unknown because records are lost, as `retainedObjects` is then too.
   */
  retainedBytes: number;
  retainedObjects: number;
  /** The number of retained snapshots of unknown size, which `retainedBytes` does not include. */
  unsizedSnapshots?: number;
  /** The state of the image that the node names. */
  image?: ImageStatus;
  /**
   * The shortest chains from a root to the node. If no root reaches the node, the chains with the fewest missing steps;
   * `misses` is their number. At most `limit` of `chainCount`.
   */
  chains: Chain[];
  /** The number of shortest chains; 2^53-1 also stands for more. */
  chainCount: number;
  misses: number;
  /** The roots that reach the node, at most `limit` of `rootCount`. */
  roots: string[];
  rootCount: number;
  /** References to a garbage node from other garbage or from missing objects. */
  referrers?: Reference[];
  /** References to the same key in another namespace, where the object does not exist. */
  astray?: Reference[];
  /** GC labels of the object that have no effect. */
  ignoredLabels?: IgnoredLabel[];
  /** The same blob in other namespaces that keep it: its bytes are not freed. */
  keptElsewhere?: string[];
  /** The first lost part that may have a record which keeps the object. Then `kept` false does not make it garbage. */
  withheld?: string;
}

/** A path from a root to the node. */
export type Chain = Step[];

/** An object of a chain, with the reasons why the previous object keeps it or why it is a root. */
export interface Step {
  node: string;
  exists: boolean;
  /** Reached through a flat lease, which follows fewer references. */
  flat?: boolean;
  /** The step is missing; the reasons explain why. */
  missed?: boolean;
  reasons: Reason[];
}

/** A reason why one object keeps another, fails to keep it, or is a root. */
export interface Reason {
  rule: Rule;
  /** The label, field or time. */
  detail?: string;
  /** The rule and the detail in words: "label containerd.io/gc.ref.content.0". */
  text: string;
}

/** The rules of references. The last four apply to missing steps. */
export type Rule = "label" | "field" | "resource" | "condition" | "root" | "collector" | "expired" | "ignored" | "flat" | "unmet";

/** A reference from one object to another. */
export interface Reference {
  from: string;
  fromExists: boolean;
  to: string;
  reason: Reason;
}

/** A GC label without effect. */
export interface IgnoredLabel {
  label: string;
  value: string;
  why: string;
}

/** The retained sizes of roots, and the sizes of kinds and namespaces. */
export interface Top extends Basis {
  /** The roots by retained bytes, then retained objects, in descending order; at most `limit` of `rootCount`. */
  roots: Holding[];
  rootCount: number;
  /** The sizes of each kind in each namespace. */
  shares: Share[];
  /** The bytes that a collection would keep and remove; -1 if unknown because records are lost. */
  keptBytes: number;
  removedBytes: number;
  /** The number of snapshots of unknown size, which count as 0 bytes. */
  unsizedSnapshots: number;
}

/** The retained and shared size of an object. */
export interface Holding {
  node: string;
  kind: Kind;
  /** The bytes that a collection would remove if only this object were deleted. */
  retainedBytes: number;
  retainedObjects: number;
  /** The reachable bytes that other roots reach too. */
  sharedBytes: number;
  sharedObjects: number;
}

/** The size of one kind of objects in one namespace. */
export interface Share {
  namespace: string;
  kind: Kind;
  /** Numbers of objects. `removed` and the removed bytes are -1 if they are unknown because records are lost. */
  kept: number;
  removed: number;
  /** Bytes that belong only to this kind and namespace. */
  keptBytes: number;
  removedBytes: number;
  /**
   * Bytes that several kinds or namespaces share, for example a blob in two namespaces. Each of them counts the bytes.
   */
  sharedKeptBytes: number;
  sharedRemovedBytes: number;
}

/**
 * The attribution of all bytes to holders. The parts are disjoint: the bytes that one holder retains, the bytes that a
 * set of holders shares, garbage, and files without a record in the metadata. They add up to `totalBytes`.
 */
export interface Accounting extends Basis {
  totalBytes: number;
  totalObjects: number;
  /** The number of snapshots of unknown size, which every sum of bytes leaves out. */
  unsizedSnapshots: number;
  /** By retained bytes, then shared bytes, in descending order; at most `limit` of `holderCount`. */
  holders: Holder[];
  holderCount: number;
  /** The sum over all holders; -1 if one is unknown because records are lost. */
  retainedBytes: number;
  /** The sets of holders that share bytes, the largest first; at most `limit` of `sharedCount`. */
  shared: SharedPart[];
  sharedCount: number;
  /** The sum over all sets. */
  sharedBytes: number;
  /** The part that a collection would remove. */
  garbage: Part;
  /** The namespaces of which records are lost. `garbage` has no object of them. */
  withheld?: Withheld[];
  /** The part in these namespaces that no readable record keeps. */
  unheld?: Part;
  /** The part without a record in the metadata, which only an archive shows; otherwise absent. */
  unknown?: Part;
  kinds: KindSum[];
}

/** The kind of a holder. A label is `containerd.io/gc.root` of a blob or snapshot, an upload is an ingest. */
export type HolderKind = "image" | "container" | "sandbox" | "lease" | "label" | "upload";

/** The program that most likely created a holder, inferred from namespaces and labels. */
export type Client = "CRI" | "BuildKit" | "Docker" | "nerdctl" | "other";

/** A set of roots that a person deletes together, for example all names of an image. */
export interface Holder {
  /** The best name, a node. `holder/` and this name select the whole holder for `plan`. */
  holder: string;
  kind: HolderKind;
  namespace: string;
  client: Client;
  /** All objects of the holder, the best name first. */
  nodes: string[];
  /** The time at which the last of `nodes` expires; absent if one does not expire. */
  ends?: string;
  /** The part that a collection would remove if the whole holder were deleted, its own objects included. */
  retainedBytes: number;
  retainedObjects: number;
  /** The number of retained snapshots of unknown size, which `retainedBytes` does not include. */
  unsizedSnapshots: number;
  /** The part that other holders keep as well. */
  sharedBytes: number;
  sharedObjects: number;
}

/** A part that several holders keep together. It becomes garbage when the last of them is deleted. */
export interface SharedPart extends Part {
  /** The names of the holders, at most `holdersPerSet` of `holderCount`. */
  holders: string[];
  /** 0 if there are too many to count. */
  holderCount: number;
}

/** The sums of one kind of holder. */
export interface KindSum {
  kind: HolderKind;
  /** True for leases that expire, false for leases that do not; absent for other kinds. */
  ends?: boolean;
  count: number;
  /** The part that at least one holder of the kind keeps. */
  kept: Part;
  /** The part that only holders of the kind keep: deleting all of them frees it. */
  reclaimable: Part;
}

/** The findings of a check. */
export interface Fsck extends Basis {
  /** The most severe first. */
  findings: Finding[];
  /** The numbers of findings by severity. */
  counts: Record<Severity, number>;
  /** The content store was checked too. */
  contentChecked: boolean;
  /** Every snapshotter in the database was compared with its own records. */
  snapshottersChecked: boolean;
  /** The parts that were not checked, with the reasons. */
  notChecked?: string[];
  /** The parts of a damaged database that could not be read. The other findings are about the rest. */
  lost?: LostPart[];
  /** The state before the last transaction, if the newest one is damaged. */
  previous?: Previous;
  /** The records in unused pages of a damaged database. Absent if none can be lost. */
  oldRecords?: OldRecords;
  images?: ImageStatus[];
}

/** A range of keys of a bucket that could not be read. */
export interface LostPart {
  /** The path of the bucket; "" for the whole database. */
  bucket: string;
  page: number;
  /** The keys that may be lost: `from` <= key < `to`. Absent without a bound. */
  from?: string;
  to?: string;
  /** The fault. */
  detail: string;
  /** The number of further losses anywhere in the database. The other fields are then empty. */
  more?: number;
}

/** The result of a salvage. */
export interface Salvaged {
  version: number;
  /** The number of objects in the sound database. */
  objects: number;
  /** The objects of which nothing could be read. The sound database lacks them. */
  lostNodes: string[];
  /** The first lost parts, `omittedLosses` the number of further ones. */
  lost: LostPart[];
  omittedLosses?: number;
  /**
   * The faults of the meta pages, and the end of a file that is too short. The last transaction may be lost: a damaged
   * meta page does not tell whether it was the newest.
   */
  metaFaults?: string[];
  /** The database is that of a snapshotter, and `objects` the number of its snapshots. */
  snapshotter?: boolean;
  /** The sound database compared with the rest of an archive; absent for a `meta.db`. */
  orphans?: SalvageOrphans;
}

/** The objects on the disk that the sound database lacks, and blobs that it has and the disk lacks. */
export interface SalvageOrphans {
  snapshots: DiskSnapshot[];
  blobs: DiskBlob[];
  /** Digests. */
  missingBlobs: string[];
}

/** A snapshot of a snapshotter without a record in the metadata. */
export interface DiskSnapshot {
  /** The node that its record had; absent if containerd's metadata did not make its name. */
  node?: string;
  snapshotter: string;
  /** The name in the snapshotter. */
  name: string;
  kind: "active" | "view" | "committed";
  /** Absent if the snapshotter has no size. */
  bytes?: number;
  dir: string;
  /** The snapshotter's names of its ancestors, the parent first. */
  chain: string[];
}

/** A file of the content store without a record in the metadata. */
export interface DiskBlob {
  digest: string;
  bytes: number;
  /** Present if the file is one of these and matches its digest. */
  content?: "index" | "manifest" | "config";
  /** The digests of the manifests and indexes on the disk that name the blob. */
  partOf?: string[];
}

/** The state before the last transaction, compared with the readable part of the newest one. */
export interface Previous {
  /** It can be read completely. */
  whole: boolean;
  fault?: string;
  /** The numbers of objects that only one of the two has. */
  onlyPrevious: number;
  onlyNewest: number;
}

/** The records that the unused pages of a damaged database have. Each is possibly outdated. */
export interface OldRecords {
  /** The number of unused pages. */
  pages: number;
  /** The number of records in them that the database lacks. Most were deleted on purpose. */
  records: number;
  /** The nodes of records that lie in the lost parts, sorted: the first 20 of `lostCount`. */
  lost: string[];
  lostCount: number;
}

/** Whether containers can be started from an image: all names of one target in one namespace. */
export interface ImageStatus {
  /** The best name, a node. */
  image: string;
  names: string[];
  state: ImageState;
  /** The manifests that are present; of an image that is not broken, those that are usable. */
  platforms?: ImagePlatform[];
  /** The state follows from labels, because the content store was not at hand. */
  fromLabels?: boolean;
}

export type ImageState = "whole" | "not-unpacked" | "broken" | "unknown";

/** The state of one manifest of an image. */
export interface ImagePlatform {
  manifest: string;
  /** For example "linux/amd64". */
  platform?: string;
  state: ImageState;
  missing?: { node: string; part: string; why?: string }[];
}

/** The severity of a finding: the node is broken or will break; it misbehaves or wastes space; for information. */
export type Severity = "error" | "warning" | "info";

/** A finding of a check. */
export interface Finding {
  severity: Severity;
  /** The name of the check. */
  check: string;
  /** The object, the path in the database, or the page of the file. */
  node: string;
  detail: string;
  /** The consequence. */
  means: string;
  /** The recommended action. */
  do: string;
  /** The recommended action as shell commands, if commands can do it. */
  commands?: string[];
}

/** The decoded contents of a database at and below a path. */
export interface Tree {
  version: number;
  /** Empty for the whole database. */
  path: string[];
  /** In key order. A bucket precedes its contents. */
  items: Item[];
  /** The decoded message, if the path leads to a single message that contains JSON. */
  payload?: string;
}

/** A bucket or value. */
export interface Item {
  /** From the root of the database. Names that are not text are quoted as in Go. */
  path: string[];
  node?: string;
  bucket?: boolean;
  /** Absent for a bucket. */
  value?: Value;
  means?: string;
  /** The problem of the item, for example that it is missing. */
  fault?: string;
}

/** A stored value. */
export interface Value {
  /** The encoding, for example "varint"; absent if the schema does not define it. */
  form?: string;
  /** The decoded value; "" if it cannot be decoded. */
  text: string;
  /** The bytes, if `text` does not represent them completely. */
  hex?: string;
  /** The number of bytes. */
  size: number;
}

/** The differences between an old and a new database. */
export interface Diff {
  version: number;
  /** Nodes that only the new one has. */
  added: string[];
  /** Nodes that only the old one has. */
  removed: string[];
  /** Nodes that both have, with different fields. */
  changed: Change[];
  /** Changes outside of objects by path, for example of the labels of a namespace. */
  outside: FieldChange[];
  /** The lost parts of damaged files. Objects in them only seem to be added or removed. */
  lostOlder?: LostPart[];
  lostNewer?: LostPart[];
}

/** The changed fields of an object. */
export interface Change {
  node: string;
  fields: FieldChange[];
}

/** A changed value or bucket. */
export interface FieldChange {
  /** The path, separated by "/". */
  field: string;
  /** The decoded value, "(bucket)" for an empty bucket, or null if it does not exist. */
  from: string | null;
  to: string | null;
}

/** An object and its size. */
export interface ObjectSize {
  node: string;
  /** The size of a blob or, in an archive, of a snapshot; absent if the object has no size or an unknown one. */
  bytes?: number;
}

/** The result of a collection. */
export interface Collection {
  /** The durations of the phases, in nanoseconds on the node's clock. */
  metadata: number;
  content: number;
  /** By snapshotter. */
  snapshots?: Record<string, number>;
  /** The removed nodes. */
  removed: string[];
}

/**
 * The answers to questions about a database, as the command line prints them with `--json`. The field `version` grows when
 * a field changes its meaning or goes away; fields may be added at any time.
 *
 * Nodes of the graph are strings, KIND/NAMESPACE/KEY, such as `image/default/docker.io/library/alpine:3.20`; the KEY of a
 * snapshot is SNAPSHOTTER/KEY. Times are RFC 3339 in UTC. Sizes are numbers of bytes. Lists are sorted.
 */

/** What an object is. */
export type Kind = "image" | "container" | "sandbox" | "lease" | "content" | "ingest" | "snapshot";

/** What an answer rests on. */
export interface Basis {
  version: number;
  /** The time of the collection. */
  at: string;
  /** Whose rules count, such as `"2.4"`. */
  containerd: string;
  /** Nobody said whose: it is the newest that matches the schema. */
  assumed: boolean;
  /** Of the database as it was found. */
  schema: number;
  /** The schema to which the version's start brings it first. */
  migratedTo?: number;
  /** What else should be known, one sentence each. */
  notes?: string[];
}

/** What a collection removes. */
export interface Plan extends Basis {
  /** What was deleted in thought before. */
  deleted?: string[];
  /** Why the collection ends with an error; then it removes nothing. */
  fails?: string;
  removed: string[];
  /** By kind; kinds without any are left out. */
  removedCount: Partial<Record<Kind, number>>;
  keptCount: Partial<Record<Kind, number>>;
  /** Sizes of blobs, each digest once, and of those snapshots whose size is known; what was deleted in thought included. */
  removedBytes: number;
  keptBytes: number;
  /** Removed snapshots whose size is not known, and so not in `removedBytes`. */
  unsizedSnapshots: number;
  /** The other versions that write databases of this schema, oldest first, if the version was assumed. */
  others?: Other[];
}

/** What another version of containerd decides differently. */
export interface Other {
  containerd: string;
  /** Number of nodes: those of `removes` and `keeps`. */
  differs: number;
  /** What the plan keeps. */
  removes?: string[];
  /** What the plan removes. */
  keeps?: string[];
  /** Why its collection fails, if it does. */
  fails?: string;
}

/** What keeps an object, or what came nearest to keeping it. */
export interface Why extends Basis {
  node: string;
  /** It is stored; otherwise others refer to it in vain. */
  exists: boolean;
  /** A collection would leave it. */
  kept: boolean;
  /** What would go if it alone were deleted, itself included: 0 for what goes anyway. */
  retainedBytes: number;
  retainedObjects: number;
  /**
   * The shortest ways that lead from a root to the node; if none does, those on which the fewest steps are missing, which is
   * `misses`. These are the first of `chainCount`.
   */
  chains: Chain[];
  /** 2^53-1 stands for more than that. */
  chainCount: number;
  misses: number;
  /** The roots that lead to the node, however far away: the first of `rootCount`. */
  roots: string[];
  rootCount: number;
  /** What refers to a node that no root leads to, and is garbage itself or does not exist. */
  referrers?: Reference[];
  /** References to the same key in another namespace, where there is no such object. */
  astray?: Reference[];
  /** Labels of the object itself that look as if collections obeyed them, and don't. */
  ignoredLabels?: IgnoredLabel[];
  /** The same blob in other namespaces that keep it: the bytes stay. */
  keptElsewhere?: string[];
}

/** Leads from a root, its first step, to the node in question, its last. */
export type Chain = Step[];

/** One object of a chain, and why the one before keeps it, or why the first is a root. */
export interface Step {
  node: string;
  exists: boolean;
  /** Reached through a flat lease, which follows fewer references. */
  flat?: boolean;
  /** The step does not happen; the reasons say how it nearly does. */
  missed?: boolean;
  reasons: Reason[];
}

/** Why one object keeps another, or nearly does, or why it stays by itself. */
export interface Reason {
  rule: Rule;
  /** The very label, field or time. */
  detail?: string;
  /** Both in words: "label containerd.io/gc.ref.content.0". */
  text: string;
}

/** The last four are of steps that are missed. */
export type Rule = "label" | "field" | "resource" | "condition" | "root" | "collector" | "expired" | "ignored" | "flat" | "unmet";

export interface Reference {
  from: string;
  fromExists: boolean;
  to: string;
  reason: Reason;
}

export interface IgnoredLabel {
  label: string;
  value: string;
  why: string;
}

/** Who holds the bytes. */
export interface Top extends Basis {
  /** What stays by itself, that first which retains most bytes, then most objects: the first of `rootCount`. */
  roots: Holding[];
  rootCount: number;
  /** What each kind of each namespace takes. */
  shares: Share[];
  /** What a collection would keep and remove in all. */
  keptBytes: number;
  removedBytes: number;
  /** Snapshots whose size is not known: they count as 0 bytes. */
  unsizedSnapshots: number;
}

/** What an object keeps. */
export interface Holding {
  node: string;
  kind: Kind;
  /** What would go if the object alone were deleted, itself included. */
  retainedBytes: number;
  retainedObjects: number;
  /** What it keeps together with others. */
  sharedBytes: number;
  sharedObjects: number;
}

/** What one kind of object takes in one namespace. */
export interface Share {
  namespace: string;
  kind: Kind;
  /** Numbers of objects. */
  kept: number;
  removed: number;
  /** Bytes that they do not share with other kinds or namespaces. */
  keptBytes: number;
  removedBytes: number;
  /** Bytes that they do share, such as a blob that two namespaces have: they appear in each. */
  sharedKeptBytes: number;
  sharedRemovedBytes: number;
}

/** What is wrong with a database. */
export interface Fsck extends Basis {
  /** The most severe first. */
  findings: Finding[];
  /** By severity, with 0 for none. */
  counts: Record<Severity, number>;
  /** The database was held against a content store. */
  contentChecked: boolean;
}

/** How bad a finding is: broken or about to break, trouble or waste of space, usual but it explains something. */
export type Severity = "error" | "warning" | "info";

export interface Finding {
  severity: Severity;
  /** Which check found it. */
  check: string;
  /** The object; otherwise the path in the database, or the page of the file. */
  node: string;
  detail: string;
  /** What follows from it. */
  means: string;
  /** What to do about it. */
  do: string;
}

/** What a database holds at and below a path, decoded. */
export interface Tree {
  version: number;
  /** Empty for the whole database. */
  path: string[];
  /** In key order, a bucket before what is in it. */
  items: Item[];
  /** What is in the message, if the path leads to a single one that holds JSON. */
  payload?: string;
}

/** One bucket or value. */
export interface Item {
  /** From the root of the database. Names that are not text are quoted as in Go. */
  path: string[];
  node?: string;
  bucket?: boolean;
  /** Left out for a bucket. */
  value?: Value;
  means?: string;
  /** What is wrong with it; missing values are items too. */
  fault?: string;
}

/** What is stored under a key. */
export interface Value {
  /** Of its bytes, such as "varint"; left out if the schema does not tell. */
  form?: string;
  /** What they mean; "" if they are not of the form, or unknown and not text. */
  text: string;
  /** The bytes, if `text` does not say it all. */
  hex?: string;
  /** Number of bytes. */
  size: number;
}

/** What differs between two databases, an old and a new one. */
export interface Diff {
  version: number;
  /** Nodes that only the new one has. */
  added: string[];
  /** Nodes that only the old one has. */
  removed: string[];
  /** Nodes that both have, with different fields. */
  changed: Change[];
  /** What is in no object, such as labels of namespaces, by path. */
  outside: FieldChange[];
}

export interface Change {
  node: string;
  fields: FieldChange[];
}

/** One value or bucket of which the two sides differ. */
export interface FieldChange {
  /** The path to it, with "/" between names. */
  field: string;
  /** Decoded; "(bucket)" for a bucket with nothing in it, null for nothing. */
  from: string | null;
  to: string | null;
}

/** An object and its size. */
export interface Sized {
  node: string;
  /** Of a blob, or what an upload is to have; left out for what has none, or of which the database does not know them. */
  bytes?: number;
}

/** What a collection did. */
export interface Collection {
  /** How long its phases took, in nanoseconds of the node's own time. */
  metadata: number;
  content: number;
  /** By snapshotter. */
  snapshots?: Record<string, number>;
  /** Nodes that are gone from the database. */
  removed: string[];
}

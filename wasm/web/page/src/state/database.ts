import {
  HoldfastError,
  type Accounting,
  type Basis,
  type CheckProgress,
  type Fsck,
  type Holdfast,
  type MetaFile,
  type ObjectSize,
  type Part,
  type Plan,
  type Progress,
  type Share,
} from "../../../src/index.js";
import { kinds } from "../text/nodes.js";
import { take, withInstance } from "./instances.js";
import type { PartProgress } from "./task.js";

/** An open database and the results that are computed when it is opened. */
export interface Database {
  /** The instance that holds the file. */
  holdfast: Holdfast;
  name: string;
  /** The file, for work on separate instances. */
  file: Blob;
  /** The file is damaged: the database is the readable rest. */
  salvage: boolean;
  /** The time of opening, which is the time of the collection in every view except What if. */
  at: string;
  /** The file without a given version, like the command's default: the newest version of its schema is assumed. */
  assumed: MetaFile;
  /** The file for the assumed version. Its queries are faster, because they do not compare versions. */
  explicit: MetaFile;
  /** The version of containerd, and whether it was assumed. */
  basis: Basis;
  /** The attribution of all bytes to holders; without holders if the collection fails. */
  accounting: Accounting;
  /** The sizes of each kind in each namespace. */
  shares: Share[];
  plan: Plan;
  /** The error of the plan, if a lost record may keep any object. The figures of `plan` are then unknown. */
  planError: HoldfastError | undefined;
  /** Returns all objects, in the order of `kinds`. They are listed on first use. */
  objects: () => Promise<readonly ListedObject[]>;
}

/** An object in a list. */
export interface ListedObject extends ObjectSize {
  kept: boolean;
}

/** The maximum number of names of a set of holders. */
const holdersPerSet = 64;

/** How to open a file. */
export interface OpenChoice {
  /** Reads a damaged file as far as possible. */
  salvage?: boolean;
  /** The time of the collection; default: now. */
  at?: string;
  onProgress?: (progress: PartProgress) => void;
}

/** Opens a database. The signal ends the work at once. */
export async function openDatabase(name: string, file: Blob, signal: AbortSignal, choice: OpenChoice = {}): Promise<Database> {
  const holdfast = await take();
  const end = () => holdfast.close();
  try {
    signal.throwIfAborted();
    signal.addEventListener("abort", end);
    return await openOn(holdfast, name, file, choice);
  } catch (error) {
    end();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function openOn(holdfast: Holdfast, name: string, file: Blob, choice: OpenChoice): Promise<Database> {
  const { salvage = false, at = new Date().toISOString(), onProgress } = choice;
  const parts = [`Reading ${name}`, "Planning a collection", "Attributing all bytes to holders"];
  const begin = (did: number) => onProgress?.({ did, of: parts.length, part: parts[did]! });
  begin(0);
  const assumed = await holdfast.read({ bytes: file, at, salvage });
  begin(1);
  const { plan, planError } = await planOf(assumed);
  const explicit = await assumed.view({ at, containerd: plan.containerd });
  begin(2);
  const fails = (plan.fails ?? "") !== "";
  const accounting = fails ? failed(plan) : await assumed.account({ holdersPerSet });
  const shares = fails ? [] : (await assumed.top({ limit: 1 })).shares;
  const objects = once(() => listObjects(explicit, plan));
  return { holdfast, name, file, salvage, at, assumed, explicit, basis: accounting, accounting, shares, plan, planError, objects };
}

/** The plan of a file, unknown if a lost record may keep any object. */
async function planOf(file: MetaFile): Promise<Pick<Database, "plan" | "planError">> {
  try {
    return { plan: await file.plan(), planError: undefined };
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "data_loss") {
      throw error;
    }
    const { version, at, containerd, assumed, schema, notes } = await file.account({ limit: 1 });
    const sums = { removedBytes: -1, keptBytes: -1, unsizedSnapshots: 0 };
    const plan = { version, at, containerd, assumed, schema, notes, removed: [], removedSizes: [], removedCount: {}, keptCount: {}, ...sums };
    return { plan, planError: error };
  }
}

/** Returns the accounting of a database whose collection fails: nothing is known. */
function failed(basis: Basis): Accounting {
  const none: Part = { bytes: 0, objects: 0, unsizedSnapshots: 0 };
  const sums = { totalBytes: 0, totalObjects: 0, unsizedSnapshots: 0, retainedBytes: 0, sharedBytes: 0 };
  const { version, at, containerd, assumed, schema, migratedTo, notes } = basis;
  return {
    ...{ version, at, containerd, assumed, schema, migratedTo, notes },
    ...sums,
    ...{ holders: [], holderCount: 0, shared: [], sharedCount: 0, garbage: none, kinds: [] },
  };
}

/** Returns true if the file is an archive of a node, which has the databases of the snapshotters too. */
export function isArchive({ accounting }: Database): boolean {
  return accounting.unknown !== undefined;
}

/** Releases the memory of a database, with its worker. */
export function closeDatabase({ holdfast }: Database): void {
  holdfast.close();
}

async function listObjects(file: MetaFile, plan: Plan): Promise<ListedObject[]> {
  const removed = new Set(plan.removed);
  const list = (await file.objects()).map((object) => ({ ...object, kept: !removed.has(object.node) }));
  return kinds.flatMap((kind) => list.filter(({ node }) => node.startsWith(`${kind}/`))); // keeps the order within each kind
}

/** Returns a function that calls `run` once and caches its result. After a failure, it calls `run` again. */
function once<Value>(run: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined;
  return () => {
    running ??= run().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}

/** Options of a check. */
export interface CheckOptions {
  /** Compare the content of every blob in an archive with its digest. */
  verify?: boolean;
  onProgress?: (progress: Progress<CheckProgress>) => void;
}

/**
 * Checks a file, its pages and, in an archive, the snapshotters, on a separate instance, which the signal ends at once.
 * The file may be too damaged to be opened.
 */
export function checkFile(file: Blob, at: string, signal: AbortSignal, options: CheckOptions = {}): Promise<Fsck> {
  return withInstance((holdfast) => holdfast.check({ bytes: file, at, ...options }), signal);
}

/**
 * Collects garbage in a copy of a file, on a separate instance, which the signal ends at once. Returns the plan and the
 * remaining database.
 */
export function collectFile({ file, at, salvage }: Database, signal: AbortSignal): Promise<{ plan: Plan; bytes: Uint8Array }> {
  return withInstance(async (holdfast) => (await holdfast.read({ bytes: file, at, salvage })).gc(), signal);
}

import type { Fsck, MetaFile, Plan, ObjectSize, Top } from "../../../src/index.js";
import { kinds } from "../text/nodes.js";
import { queries, withInstance } from "./instances.js";

/** An open database and the results that are computed when it is opened. */
export interface Database {
  name: string;
  /** The file, for work on separate instances. */
  file: Blob;
  /** The time of opening, which is the time of the collection in every view except What if. */
  at: string;
  /** The file without a given version, like the command's default: the newest version of its schema is assumed. */
  assumed: MetaFile;
  /** The file for the assumed version. Its queries are faster, because they do not compare versions. */
  explicit: MetaFile;
  top: Top;
  plan: Plan;
  /** Returns all objects, in the order of `kinds`. They are listed on first use. */
  objects: () => Promise<readonly ListedObject[]>;
}

/** An object in a list. */
export interface ListedObject extends ObjectSize {
  kept: boolean;
}

/** Opens a database. The time of the collection is the present. */
export async function openDatabase(name: string, file: Blob): Promise<Database> {
  const holdfast = await queries.get();
  const at = new Date().toISOString();
  const assumed = await holdfast.read({ bytes: file, at });
  const top = await topOf(assumed);
  const explicit = await assumed.view({ at, containerd: top.containerd });
  const plan = await explicit.plan();
  return { name, file, at, assumed, explicit, top, plan, objects: once(() => listObjects(explicit, plan)) };
}

/** Returns the roots of a file, or none if its collection fails. */
async function topOf(file: MetaFile): Promise<Top> {
  try {
    return await file.top();
  } catch (error) {
    const plan = await file.plan();
    if ((plan.fails ?? "") === "") {
      throw error;
    }
    return { ...plan, roots: [], rootCount: 0, shares: [] };
  }
}

/** Releases the memory of a database. */
export async function closeDatabase({ assumed, explicit }: Database): Promise<void> {
  await Promise.allSettled([assumed.close(), explicit.close()]);
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

/** Checks a file and its pages, on a separate instance. The file may be too damaged to be opened. */
export function checkFile(file: Blob, at: string, signal: AbortSignal): Promise<Fsck> {
  return withInstance((holdfast) => holdfast.check({ bytes: file, at }), signal);
}

/** Collects garbage in a copy of a file, on a separate instance. Returns the plan and the remaining database. */
export function collectFile(file: Blob, at: string): Promise<{ plan: Plan; bytes: Uint8Array }> {
  return withInstance(async (holdfast) => (await holdfast.read({ bytes: file, at })).gc());
}

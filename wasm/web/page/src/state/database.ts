import type { Fsck, MetaFile, Plan, ObjectSize, Top } from "../../../src/index.js";
import { kinds } from "../text/nodes.js";
import { aside, questions } from "./instances.js";

/** A database that was opened, and what is known of it from the beginning. */
export interface Database {
  name: string;
  /** The file itself: for what is done aside. */
  file: Blob;
  /** When it was opened: the time of the collection in every answer but those of What if. */
  at: string;
  /** As the command line sees it: by the newest version of its schema. */
  assumed: MetaFile;
  /** The same for that version by name: it answers sooner, as it does not compare versions. */
  seen: MetaFile;
  top: Top;
  plan: Plan;
  /** All objects, first the kinds that a person wants first. They are listed once. */
  objects: () => Promise<readonly Listed[]>;
}

/** One object, as lists show it. */
export interface Listed extends ObjectSize {
  kept: boolean;
}

/** Opens a database as of now. */
export async function openDatabase(name: string, file: Blob): Promise<Database> {
  const holdfast = await questions.get();
  const at = new Date().toISOString();
  const assumed = await holdfast.read({ bytes: file, at });
  const top = await topOf(assumed);
  const seen = await assumed.view({ at, containerd: top.containerd });
  const plan = await seen.plan();
  return { name, file, at, assumed, seen, top, plan, objects: once(() => listObjects(seen, plan)) };
}

/** Who holds the bytes; nobody, if the collection fails. */
async function topOf(file: MetaFile): Promise<Top> {
  try {
    return await file.top();
  } catch (fault) {
    const plan = await file.plan();
    if ((plan.fails ?? "") === "") {
      throw fault;
    }
    return { ...plan, roots: [], rootCount: 0, shares: [] };
  }
}

/** Gives up what a database takes. */
export async function closeDatabase({ assumed, seen }: Database): Promise<void> {
  await Promise.allSettled([assumed.close(), seen.close()]);
}

async function listObjects(seen: MetaFile, plan: Plan): Promise<Listed[]> {
  const removed = new Set(plan.removed);
  const list = (await seen.objects()).map((object) => ({ ...object, kept: !removed.has(object.node) }));
  return kinds.flatMap((kind) => list.filter(({ node }) => node.startsWith(`${kind}/`))); // each kind is sorted as the list is
}

/** Does something when it is first asked for, and again if that failed. */
function once<Value>(run: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined;
  return () => {
    running ??= run().catch((fault: unknown) => {
      running = undefined;
      throw fault;
    });
    return running;
  };
}

/** What is wrong with a file, its pages included: also of one that can't be opened. */
export function checkFile(file: Blob, at: string, signal: AbortSignal): Promise<Fsck> {
  return aside((holdfast) => holdfast.check({ bytes: file, at }), signal);
}

/** What a collection removes, and the database that it would leave. */
export function collectFile(file: Blob, at: string): Promise<{ plan: Plan; bytes: Uint8Array }> {
  return aside(async (holdfast) => (await holdfast.read({ bytes: file, at })).gc());
}

import type { Fsck, MetaFile, Plan, Sized, Top } from "../../../src/index.js";
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
}

/** Opens a database as of now, in place of any that was open. */
export async function openDatabase(name: string, file: Blob): Promise<Database> {
  const holdfast = await questions.restart();
  const at = new Date().toISOString();
  const assumed = await holdfast.read({ bytes: file, at });
  const { containerd } = await assumed.top({ limit: 1 });
  const seen = await assumed.view({ at, containerd });
  const plan = await seen.plan();
  const top = await assumed.top();
  return { name, file, at, assumed, seen, top, plan };
}

/** One object, as lists show it. */
export interface Listed extends Sized {
  kept: boolean;
}

/** All objects, with what becomes of each: first the kinds that a person wants first. */
export async function listObjects({ seen, plan }: Database): Promise<Listed[]> {
  const removed = new Set(plan.removed);
  const list = (await seen.objects()).map((object) => ({ ...object, kept: !removed.has(object.node) }));
  return kinds.flatMap((kind) => list.filter(({ node }) => node.startsWith(`${kind}/`))); // each kind is sorted as the list is
}

/** What is wrong with a file, its pages included: also of one that can't be opened. */
export function checkFile(file: Blob, at: string, signal: AbortSignal): Promise<Fsck> {
  return aside(signal, (holdfast) => holdfast.check({ bytes: file, at }));
}

/** The database that a collection would leave. */
export function collectFile(file: Blob, at: string, containerd: string | undefined, signal: AbortSignal): Promise<{ plan: Plan; bytes: Uint8Array }> {
  return aside(signal, async (holdfast) => {
    const read = await holdfast.read({ bytes: file, at, ...(containerd !== undefined && { containerd }) });
    return read.gc();
  });
}

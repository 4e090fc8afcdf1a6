import type { Diff, FieldChange, Plan } from "../../../src/index.js";
import { parseNode } from "../text/nodes.js";
import type { Database } from "./database.js";
import { withInstance } from "./instances.js";
import type { PartProgress } from "./task.js";

/** A file that is compared with the open one, which is the older one. */
export interface OtherFile {
  name: string;
  file: Blob;
}

/** One of the two compared databases. */
export interface Side {
  name: string;
  plan: Plan;
  /** Its objects can be shown in Explore. */
  open: boolean;
}

/** Two databases and their differences. */
export interface Comparison {
  older: Side;
  newer: Side;
  diff: Diff;
}

/**
 * Compares the open file with a newer one, for the same time of a collection. It uses a separate instance, which the
 * signal ends at once: both files are read there, because the module compares files of one instance.
 */
export function compareWith(database: Database, other: OtherFile, signal: AbortSignal, onProgress: (progress: PartProgress) => void): Promise<Comparison> {
  const { at, salvage } = database;
  const parts = [`Reading ${other.name}`, `Reading ${database.name}`, "Comparing", `Planning a collection of ${other.name}`];
  const begin = (did: number) => onProgress({ did, of: parts.length, part: parts[did]! });
  begin(0);
  return withInstance(async (holdfast) => {
    const newer = await holdfast.read({ bytes: other.file, at });
    begin(1);
    const older = await holdfast.read({ bytes: database.file, at, salvage });
    begin(2);
    const diff = await older.diff(newer);
    begin(3);
    const plan = await newer.plan();
    return { older: { name: database.name, plan: database.plan, open: true }, newer: { name: other.name, plan, open: false }, diff };
  }, signal);
}

/** Returns the comparison in the other direction. */
export function swapped({ older, newer, diff }: Comparison): Comparison {
  const swap = ({ field, from, to }: FieldChange): FieldChange => ({ field, from: to, to: from });
  const { added, removed, changed, outside, lostOlder, lostNewer } = diff;
  return {
    older: newer,
    newer: older,
    diff: {
      ...diff,
      added: removed,
      removed: added,
      changed: changed.map(({ node, fields }) => ({ node, fields: fields.map(swap) })),
      outside: outside.map(swap),
      ...(lostNewer === undefined ? {} : { lostOlder: lostNewer }),
      ...(lostOlder === undefined ? {} : { lostNewer: lostOlder }),
    },
  };
}

/** The differences of one kind of objects in one namespace. */
export interface ChangeCount {
  kind: string;
  namespace: string;
  added: number;
  removed: number;
  changed: number;
}

/** Counts the differences by kind and namespace, in the order of their names. */
export function countChanges({ added, removed, changed }: Diff): ChangeCount[] {
  const counts = new Map<string, ChangeCount>();
  const add = (nodes: readonly string[], how: "added" | "removed" | "changed") => {
    for (const node of nodes) {
      const { kind, namespace } = parseNode(node) ?? { kind: "other", namespace: "" };
      const key = `${kind}/${namespace}`;
      const row = counts.get(key) ?? { kind, namespace, added: 0, removed: 0, changed: 0 };
      row[how]++;
      counts.set(key, row);
    }
  };
  add(added, "added");
  add(removed, "removed");
  add(changed.map(({ node }) => node), "changed");
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A line of the list of differences. */
export interface ChangeLine {
  how: "added" | "removed" | "changed" | "garbage";
  /** The object, or "" for a change outside of objects. */
  node: string;
  /** The changed field with its values. */
  text: string;
}

/** Returns the objects that only a collection of the newer database would remove. */
export function newGarbage({ older, newer }: Comparison): ChangeLine[] {
  const before = new Set(older.plan.removed);
  return newer.plan.removed.filter((node) => !before.has(node)).map((node) => ({ how: "garbage", node, text: "" }));
}

/** Returns the lines of all differences: one for each added or removed object, and for each changed field. */
export function changeLines({ added, removed, changed, outside }: Diff): ChangeLine[] {
  const fieldText = ({ field, from, to }: Diff["outside"][number]) => `${field}: ${valueText(from)} → ${valueText(to)}`;
  return [
    ...added.map((node): ChangeLine => ({ how: "added", node, text: "" })),
    ...removed.map((node): ChangeLine => ({ how: "removed", node, text: "" })),
    ...changed.flatMap(({ node, fields }) => fields.map((field): ChangeLine => ({ how: "changed", node, text: fieldText(field) }))),
    ...outside.map((field): ChangeLine => ({ how: "changed", node: "", text: fieldText(field) })),
  ];
}

/** Formats one side of a changed field. */
export function valueText(value: string | null): string {
  return value === null ? "(absent)" : value === "" ? "(empty)" : value;
}

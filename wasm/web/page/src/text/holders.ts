import type { Holder, HolderKind, KindSum, SharedPart } from "../../../src/index.js";
import { parseNode, shortKey, visible } from "./nodes.js";
import { count, plural, time } from "./format.js";

/** The kinds of holders with their plural, in the order of summaries. */
export const holderKinds: readonly (readonly [HolderKind, string])[] = [
  ["image", "images"],
  ["container", "containers"],
  ["sandbox", "sandboxes"],
  ["lease", "leases"],
  ["label", "objects with the label gc.root"],
  ["upload", "uploads"],
];

/** The CSS class of the colour of a kind of holder. */
export function lookOf(kind: HolderKind): string {
  return kind === "label" ? "content" : kind === "upload" ? "ingest" : kind;
}

/** The title of a row of a summary. */
export function titleOfKind({ kind, ends }: KindSum): string {
  const title = holderKinds.find(([name]) => name === kind)![1];
  return ends === undefined ? title : `${title} ${ends ? "with" : "without"} an end`;
}

/** The name of a holder without kind and namespace. */
export function shortHolder(node: string, most = 60): string {
  const name = parseNode(node);
  return name === undefined ? visible(node) : shortKey(name.key, most);
}

/** The names of a set of holders, at most `most`: "app:1, app:2 and 7 more". */
export function namesOf({ holders, holderCount }: SharedPart, most: number): string {
  if (holderCount === 0) {
    return "too many holders to list";
  }
  const names = holders.slice(0, most).map((holder) => shortHolder(holder, 40));
  const more = holderCount - names.length;
  return more > 0 ? `${names.join(", ")} and ${count(more)} more` : names.join(", ");
}

/** The further names and the end of a holder; "" without any. */
export function notesOf({ kind, nodes, ends }: Holder): string {
  const notes: string[] = [];
  if (kind === "image" && nodes.length > 1) {
    notes.push(`+${plural(nodes.length - 1, "name")}`);
  }
  if (ends !== undefined) {
    notes.push(`ends ${time(ends)}`);
  }
  return notes.join(", ");
}

/** The argument of a hypothetical deletion that selects all objects of a holder. */
export function selectionOf({ holder, nodes }: Holder): string {
  return nodes.length > 1 ? `holder/${holder}` : holder;
}

/** Returns true if a user can delete the holder. */
export function isDeletable({ kind }: Holder): boolean {
  return kind !== "upload" && kind !== "sandbox";
}

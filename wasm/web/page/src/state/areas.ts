import type { Accounting, Holder, Part, SharedPart } from "../../../src/index.js";
import type { Area } from "../charts/treemap.js";
import { count, plural, sizeOf } from "../text/format.js";
import { isDeletable, lookOf, namesOf, notesOf, selectionOf, shortHolder } from "../text/holders.js";
import { garbageList, hrefOf } from "./route.js";

export type Measure = "bytes" | "objects";
export type Grouping = "namespace" | "client";

/** The maximum number of areas per group. The remaining parts share one area. */
const areasMax = 120;

/**
 * The parts of an accounting: garbage, kept by one holder, shared by several, held by no readable record of a damaged
 * file, and without a record in the metadata.
 */
export type Parts = Record<"garbage" | "retained" | "shared" | "unheld" | "unknown", Part>;

export function partsOf({ garbage, holders, shared, unheld, unknown }: Accounting): Parts {
  const none = sumOf([]);
  return { garbage, retained: sumOf(holders.map(retainedOf)), shared: sumOf(shared), unheld: unheld ?? none, unknown: unknown ?? none };
}

function retainedOf({ retainedBytes, retainedObjects, unsizedSnapshots }: Holder): Part {
  return { bytes: retainedBytes, objects: retainedObjects, unsizedSnapshots };
}

/**
 * The sum of parts. An unknown part makes the number of objects unknown, and marks the bytes like a snapshot of unknown
 * size.
 */
export function sumOf(parts: readonly Part[]): Part {
  const sum: Part = { bytes: 0, objects: 0, unsizedSnapshots: 0 };
  for (const part of parts) {
    const known = part.bytes >= 0;
    sum.bytes += known ? part.bytes : 0;
    sum.objects = known && sum.objects >= 0 ? sum.objects + part.objects : -1;
    sum.unsizedSnapshots += known ? part.unsizedSnapshots : 1;
  }
  return sum;
}

export const unheldTitle = "held by no readable record";

/** A part of a group, and a function that describes it: only the largest parts of a group get an area. */
interface Candidate {
  part: Part;
  piece: () => Piece;
}

/** An area before its size is measured. */
interface Piece {
  part: Part;
  name: string;
  look: string;
  title: string;
  href: string;
  /** The selections whose deletion frees the piece, if a user can delete them. */
  ticks?: readonly string[] | undefined;
}

/**
 * All parts of an accounting as areas. The holders are grouped; the sets of holders, garbage and files without a record
 * are groups of their own. The weights add up to the total, except that sizes in bytes lack the snapshots of unknown
 * size, and that parts of unknown size have no area.
 */
export function areasOf(accounting: Accounting, measure: Measure, grouping: Grouping): Area {
  const groups = new Map<string, Candidate[]>();
  for (const holder of accounting.holders) {
    const group = groups.get(holder[grouping]) ?? [];
    groups.set(holder[grouping], group);
    group.push({ part: retainedOf(holder), piece: () => pieceOf(holder) });
  }
  const { garbage, unheld, unknown } = accounting;
  const byName = new Map(accounting.holders.map((holder) => [holder.holder, holder]));
  const children = [
    ...[...groups].map(([name, group]) => groupOf(name, group, measure)),
    groupOf("Shared by several holders", accounting.shared.map((set) => ({ part: set, piece: () => sharedPiece(set, byName) })), measure),
  ].filter((group) => group.children!.length > 0);
  if (garbage[measure] > 0) {
    children.push(areaOf({ part: garbage, name: "Garbage", look: "garbage", title: "Garbage", href: hrefOf("explore", garbageList) }, measure));
  }
  if (unheld !== undefined && unheld[measure] > 0) {
    children.push(areaOf({ part: unheld, name: unheldTitle, look: "unheld", title: `Of damaged namespaces: ${unheldTitle}`, href: hrefOf("check") }, measure));
  }
  if (unknown !== undefined && unknown[measure] > 0) {
    const title = "On disk only: no record in the metadata";
    children.push(areaOf({ part: unknown, name: "On disk only", look: "unrecorded", title, href: hrefOf("check") }, measure));
  }
  return { name: "all", look: "", title: "", weight: 0, children };
}

function pieceOf(holder: Holder): Piece {
  const name = shortHolder(holder.holder);
  const notes = notesOf(holder);
  return {
    part: retainedOf(holder),
    name: name.slice(name.lastIndexOf("/") + 1) || name, // without the registry and the repository's path
    look: lookOf(holder.kind),
    title: `${holder.holder}${notes === "" ? "" : ` (${notes})`}`,
    href: hrefOf("explore", holder.holder),
    ticks: isDeletable(holder) ? [selectionOf(holder)] : undefined,
  };
}

function sharedPiece(set: SharedPart, byName: ReadonlyMap<string, Holder>): Piece {
  const holders = set.holders.map((name) => byName.get(name));
  const complete = holders.length === set.holderCount && holders.length > 0;
  const deletable = complete && holders.every((holder) => holder !== undefined && isDeletable(holder));
  const [first] = set.holders;
  const names = set.holders.map((holder) => shortHolder(holder));
  return {
    part: set,
    name: namesOf({ ...set, holders: names.map((name) => name.slice(name.lastIndexOf("/") + 1)) }, 2),
    look: "shared-set",
    title: `Shared by ${namesOf(set, 4)}`,
    href: first === undefined ? hrefOf("overview") : hrefOf("explore", first),
    ticks: deletable ? holders.map((holder) => selectionOf(holder!)) : undefined,
  };
}

function areaOf({ part, name, look, title, href, ticks }: Piece, measure: Measure): Area {
  const text = `${sizeOf(part)}, ${plural(part.objects, "object")}`;
  return { name, look, weight: part[measure], figure: figureOf(part, measure), title: `${title}: ${text}`, href, ticks };
}

function figureOf(part: Part, measure: Measure): string {
  return measure === "bytes" ? sizeOf(part) : count(part.objects);
}

function groupOf(name: string, group: readonly Candidate[], measure: Measure): Area {
  const sorted = group.filter(({ part }) => part[measure] > 0).sort((a, b) => b.part[measure] - a.part[measure]);
  const children = sorted.slice(0, areasMax).map(({ piece }) => areaOf(piece(), measure));
  const rest = sorted.slice(areasMax);
  if (rest.length > 0) {
    const sum = sumOf(rest.map(({ part }) => part));
    const [others, figure] = [plural(rest.length, "other"), figureOf(sum, measure)];
    children.push({ name: others, look: "others", weight: sum[measure], figure, title: `${others} in ${name}: ${figure}` });
  }
  const total = sumOf(group.map(({ part }) => part));
  return { name, look: "", title: name, weight: 0, figure: figureOf(total, measure), children };
}

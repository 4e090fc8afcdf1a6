import { parseNode } from "../text/nodes.js";
import type { ListedObject } from "./database.js";

/** A filter and an order for lists of objects. Empty strings match every object. */
export interface Filter {
  /** Words that the name must contain, in any case. */
  text: string;
  kind: string;
  namespace: string;
  fate: "" | "kept" | "removed";
  order: "name" | "size";
}

export const orders = [
  ["name", "By name"],
  ["size", "By size"],
] as const;

/** Returns the objects that match the filter, in its order. */
export function applyFilter(objects: readonly ListedObject[], filter: Filter): readonly ListedObject[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const prefix = filter.kind === "" ? "" : `${filter.kind}/`;
  const kept = filter.fate === "kept";
  const list = objects.filter((object) => {
    const { node } = object;
    if (!node.startsWith(prefix) || (filter.fate !== "" && object.kept !== kept)) {
      return false;
    }
    if (filter.namespace !== "" && !node.startsWith(`${filter.namespace}/`, node.indexOf("/") + 1)) {
      return false;
    }
    const name = words.length > 0 ? node.toLowerCase() : "";
    return words.every((word) => name.includes(word));
  });
  return filter.order === "size" ? list.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)) : list;
}

/** Returns the namespaces of the objects in alphabetical order. */
export function namespacesOf(objects: readonly ListedObject[]): string[] {
  return [...new Set(objects.map((object) => parseNode(object.node)?.namespace ?? ""))].filter((name) => name !== "").sort();
}

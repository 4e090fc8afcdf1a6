import { parseNode } from "../text/nodes.js";
import type { Listed } from "./database.js";

/** Which objects are listed, and in which order. Empty texts let everything pass. */
export interface Filter {
  /** Words that all occur in the name, whatever their case. */
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

export function filtered(objects: readonly Listed[], filter: Filter): readonly Listed[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const head = filter.kind === "" ? "" : `${filter.kind}/`;
  const kept = filter.fate === "kept";
  const list = objects.filter((object) => {
    const { node } = object;
    if (!node.startsWith(head) || (filter.fate !== "" && object.kept !== kept)) {
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

export function namespacesOf(objects: readonly Listed[]): string[] {
  return [...new Set(objects.map((object) => parseNode(object.node)?.namespace ?? ""))].filter((name) => name !== "").sort();
}

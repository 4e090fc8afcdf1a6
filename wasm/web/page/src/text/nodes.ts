import type { Kind } from "../../../src/index.js";

/** All kinds of objects, in the order of their relevance to users. */
export const kinds: readonly Kind[] = ["image", "container", "sandbox", "lease", "content", "ingest", "snapshot"];

/** Kinds that a user can delete. */
export const deletable: readonly Kind[] = ["image", "lease", "container", "snapshot", "content"];

/** The parts of the name of a node, KIND/NAMESPACE/KEY, for display. */
export interface NodeName {
  kind: Kind;
  namespace: string;
  key: string;
}

/** Parses the name of a node. Returns undefined for other text, for example the path of a finding. */
export function parseNode(name: string): NodeName | undefined {
  const first = name.indexOf("/");
  const second = name.indexOf("/", first + 1);
  const kind = name.slice(0, first) as Kind;
  if (first < 0 || second < 0 || !kinds.includes(kind)) {
    return undefined;
  }
  return { kind, namespace: visible(name.slice(first + 1, second)), key: visible(name.slice(second + 1)) };
}

/** Escapes invisible characters and characters that change the reading order: names are untrusted. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** Shortens a key: digests to their first 12 digits, names to their end. */
export function shortKey(key: string, most = 40): string {
  const shortened = key.replace(/([a-z0-9]+:)([0-9a-f]{12})[0-9a-f]{20,}/g, "$1$2…");
  return shortened.length <= most ? shortened : `…${shortened.slice(shortened.length - most + 1)}`;
}

/** The shortened key of a node. */
export function shortName(name: string, most?: number): string {
  const parsed = parseNode(name);
  return shortKey(parsed === undefined ? visible(name) : parsed.key, most);
}

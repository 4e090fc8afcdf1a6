import type { Kind } from "../../../src/index.js";

/** All kinds of objects, in the order in which a person wants them. */
export const kinds: readonly Kind[] = ["image", "container", "sandbox", "lease", "content", "ingest", "snapshot"];

/** Kinds that a user can delete. */
export const deletable: readonly Kind[] = ["image", "lease", "container", "snapshot", "content"];

/** The name of a node, KIND/NAMESPACE/KEY, taken apart for being shown. */
export interface NodeName {
  kind: Kind;
  namespace: string;
  key: string;
}

/** Takes a name apart; undefined for what names no object, such as the path of a finding. */
export function parseNode(name: string): NodeName | undefined {
  const first = name.indexOf("/");
  const second = name.indexOf("/", first + 1);
  const kind = name.slice(0, first) as Kind;
  if (first < 0 || second < 0 || !kinds.includes(kind)) {
    return undefined;
  }
  return { kind, namespace: visible(name.slice(first + 1, second)), key: visible(name.slice(second + 1)) };
}

/** Text with what can't be seen, or changes the order in which it is read, made visible: names may be anybody's. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** A key short enough for a drawing: digests keep their first 12 digits, names their end. */
export function shortKey(key: string, most = 40): string {
  const shortened = key.replace(/([a-z0-9]+:)([0-9a-f]{12})[0-9a-f]{20,}/g, "$1$2…");
  return shortened.length <= most ? shortened : `…${shortened.slice(shortened.length - most + 1)}`;
}

/** The key of a node, short. */
export function shortName(name: string, most?: number): string {
  const parsed = parseNode(name);
  return shortKey(parsed === undefined ? visible(name) : parsed.key, most);
}

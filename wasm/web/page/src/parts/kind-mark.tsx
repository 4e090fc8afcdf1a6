import type { Kind } from "../../../src/index.js";

/** What an object is, as a word in its colour. */
export function KindMark({ kind }: { kind: Kind }) {
  return <span class={`kind ${kind}`}>{kind}</span>;
}

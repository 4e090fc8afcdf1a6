import type { Kind } from "../../../src/index.js";
import { hrefOf } from "../state/route.js";
import { parseNode, shortKey } from "../text/nodes.js";

/** The kind of an object in its colour. */
export function KindMark({ kind }: { kind: Kind }) {
  return <span class={`kind ${kind}`}>{kind}</span>;
}

/** The name of an object as a link to Explore. Other text is shown without a link. */
export function NodeLink({ node, most }: { node: string; most?: number }) {
  const name = parseNode(node);
  if (name === undefined) {
    return (
      <span class="node plain" title={node}>
        {node}
      </span>
    );
  }
  return (
    <a class="node" href={hrefOf("explore", node)} title={node}>
      <KindMark kind={name.kind} /> <span class="ns">{name.namespace}/</span>
      <span class="key">{shortKey(name.key, most ?? 200)}</span>
    </a>
  );
}

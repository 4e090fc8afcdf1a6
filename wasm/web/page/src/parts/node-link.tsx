import { hrefOf } from "../state/route.js";
import { parseNode, shortKey } from "../text/nodes.js";
import { KindMark } from "./kind-mark.js";

/** The name of an object, which leads to it in Explore. What names none is text. */
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

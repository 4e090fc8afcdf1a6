import type { Holder, ImageStatus, Item, Reference, Tree, Why } from "../../../src/index.js";
import { Chains } from "../charts/chains.js";
import { ErrorNote } from "../parts/notes.js";
import { imageStates } from "../parts/images.js";
import { KindMark, NodeLink } from "../parts/node-link.js";
import type { Database } from "../state/database.js";
import { hrefOf } from "../state/route.js";
import { useLatest, useTask } from "../state/task.js";
import { parseNode, visible } from "../text/nodes.js";
import { count, plural, size } from "../text/format.js";

/** One object: why it is kept or removed, its retained size, and its record. */
export function Detail({ database, node }: { database: Database; node: string }) {
  const why = useLatest((signal) => database.explicit.why(node, { limit: 8, signal }), [database, node]);
  const name = parseNode(node);
  return (
    <section class="detail" aria-label="The object" aria-busy={why.busy}>
      <h2 class="object">
        {name !== undefined && (
          <>
            <KindMark kind={name.kind} /> <span class="ns">{name.namespace}</span>
          </>
        )}
        <span class="key">{name?.key ?? visible(node)}</span>
      </h2>
      {why.error !== undefined && (
        <ErrorNote error={why.error} title="The query about this object failed" fallback="Choose another object from the list." />
      )}
      {why.error === undefined && why.value !== undefined && <Explained why={why.value} holder={holderOf(database, why.value.node)} />}
      <Record database={database} node={node} />
    </section>
  );
}

/** Returns the holder of an object if it has other objects too. */
function holderOf({ accounting }: Database, node: string): Holder | undefined {
  return accounting.holders.find(({ nodes }) => nodes.length > 1 && nodes.includes(node));
}

function Explained({ why, holder }: { why: Why; holder: Holder | undefined }) {
  return (
    <>
      <p class={why.kept ? "verdict stays" : why.withheld === undefined ? "verdict goes" : "verdict"}>{verdict(why)}</p>
      {why.withheld !== undefined && (
        <p class="note warning">Records of its namespace are lost, and one of them may keep the same objects: {visible(why.withheld)}.</p>
      )}
      {why.image !== undefined && <ImageState image={why.image} />}
      {why.exists && why.kept && (
        <dl class="figures">
          {holder !== undefined && (
            <>
              <div>
                <dt>Retained by its holder</dt>
                <dd>{size(holder.retainedBytes, holder.unsizedSnapshots)}</dd>
              </div>
              <div>
                <dt>Objects of its holder alone</dt>
                <dd>{count(holder.retainedObjects)}</dd>
              </div>
            </>
          )}
          <div>
            <dt>{holder === undefined ? "Retained size" : "Retained by this object alone"}</dt>
            <dd>{size(why.retainedBytes, why.unsizedSnapshots ?? 0)}</dd>
          </div>
          {holder === undefined && (
            <div>
              <dt>Retained objects</dt>
              <dd>{count(why.retainedObjects)}</dd>
            </div>
          )}
          <div>
            <dt>Roots that reach it</dt>
            <dd>{count(why.rootCount)}</dd>
          </div>
        </dl>
      )}
      {holder !== undefined && (
        <Names
          title={holder.kind === "image" ? "Its holder: all names of the image" : "Its holder: the container with its snapshot"}
          nodes={holder.nodes}
        />
      )}
      {why.chains.length > 0 && (
        <>
          <h3>{why.kept ? "Shortest chains from roots" : "Chains that almost keep it"}</h3>
          <Chains why={why} />
        </>
      )}
      <References title="Objects that refer to it and are not kept either" list={why.referrers} />
      <References title="References to the same key in another namespace, where it does not exist" list={why.astray} />
      {why.ignoredLabels !== undefined && why.ignoredLabels.length > 0 && (
        <>
          <h3>Labels without effect</h3>
          <ul class="plain">
            {why.ignoredLabels.map((label) => (
              <li key={label.label}>
                <code>
                  {label.label}={label.value}
                </code>
                : {label.why}
              </li>
            ))}
          </ul>
        </>
      )}
      <Names title="Other namespaces keep the same blob, so its bytes stay" nodes={why.keptElsewhere} />
      {why.rootCount > 1 && (
        <Names
          title={`Roots that reach it${why.roots.length < why.rootCount ? `, ${why.roots.length} of ${count(why.rootCount)}` : ""}`}
          nodes={why.roots}
        />
      )}
    </>
  );
}

/** Whether containers can be started from an image. */
function ImageState({ image }: { image: ImageStatus }) {
  const title = imageStates.find(([state]) => state === image.state)!;
  return (
    <p class={image.state === "broken" ? "fault" : "hint"}>
      The image is {title[1]}: {title[2]}.{image.fromLabels && " This follows from labels: the content was not at hand."}{" "}
      {image.state === "broken" && <a href={hrefOf("check")}>What to do</a>}
    </p>
  );
}

function verdict(why: Why): string {
  if (!why.exists) {
    return "Does not exist. Other objects refer to it.";
  }
  if (!why.kept && why.withheld !== undefined) {
    return "Unknown: no root that could be read reaches it, but a lost record may keep it.";
  }
  if (!why.kept) {
    return why.keptElsewhere === undefined
      ? "Garbage: no root reaches it."
      : "Garbage in this namespace: no root reaches it.";
  }
  return why.chains[0]?.length === 1
    ? "Kept: it is a root."
    : `Kept: ${plural(why.chainCount, "shortest chain")} from a root.`;
}

function References({ title, list }: { title: string; list: Reference[] | undefined }) {
  if (list === undefined || list.length === 0) {
    return null;
  }
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain">
        {list.map((reference, i) => (
          <li key={i}>
            <NodeLink node={reference.from} most={60} />
            {reference.fromExists ? "" : " (does not exist)"}: {reference.reason.text}
          </li>
        ))}
      </ul>
    </>
  );
}

function Names({ title, nodes }: { title: string; nodes: string[] | undefined }) {
  if (nodes === undefined || nodes.length === 0) {
    return null;
  }
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain">
        {nodes.map((node) => (
          <li key={node}>
            <NodeLink node={node} most={60} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The decoded record of an object. */
function Record({ database, node }: { database: Database; node: string }) {
  const task = useTask((signal) => database.explicit.inspect(node, { signal }), [database, node]);
  if (task.state === "failed") {
    return null; // it is not stored; the verdict says so
  }
  return (
    <>
      <h3>Record</h3>
      {task.state === "waiting" ? <p class="hint">Reading…</p> : <Items tree={task.value} />}
    </>
  );
}

function Items({ tree }: { tree: Tree }) {
  const depth = Math.min(...tree.items.map((item) => item.path.length));
  const values = tree.items.filter((item) => item.value !== undefined || item.fault !== undefined);
  return (
    <>
      <div class="scroller" tabIndex={0} role="region" aria-label="Record">
        <table class="record">
          <thead class="unseen">
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {values.map((item) => (
              <Field key={item.path.join("\u0000")} item={item} depth={depth} />
            ))}
          </tbody>
        </table>
      </div>
      {tree.payload !== undefined && (
        <pre tabIndex={0} aria-label="Payload">
          {tree.payload}
        </pre>
      )}
    </>
  );
}

function Field({ item, depth }: { item: Item; depth: number }) {
  const { value, fault, means } = item;
  return (
    <tr>
      <th scope="row" title={item.path.join("/")}>
        {visible(item.path.slice(depth).join("/") || item.path.at(-1) || "")}
      </th>
      <td>
        {value !== undefined && <span class="value">{visible(value.text !== "" ? value.text : (value.hex ?? ""))}</span>}
        {means !== undefined && means !== "" && <span class="hint"> {means}</span>}
        {fault !== undefined && <span class="fault"> {fault}</span>}
      </td>
    </tr>
  );
}

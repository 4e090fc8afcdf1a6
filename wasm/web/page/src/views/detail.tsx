import type { Item, Reference, Tree, Why } from "../../../src/index.js";
import { Chains } from "../charts/chains.js";
import { ErrorNote } from "../parts/error-note.js";
import { KindMark } from "../parts/kind-mark.js";
import { NodeLink } from "../parts/node-link.js";
import type { Database } from "../state/database.js";
import { useLatest, useTask } from "../state/task.js";
import { parseNode, visible } from "../text/nodes.js";
import { bytes, count, plural } from "../text/numbers.js";

/** One object: what keeps it, what it keeps, and what is stored of it. */
export function Detail({ database, node }: { database: Database; node: string }) {
  const why = useLatest((signal) => database.seen.why(node, { limit: 8, signal }), [database, node]);
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
        <ErrorNote error={why.error} what="This object can't be explained" otherwise="Choose one from the list." />
      )}
      {why.error === undefined && why.value !== undefined && <Explained why={why.value} />}
      <Record database={database} node={node} />
    </section>
  );
}

function Explained({ why }: { why: Why }) {
  return (
    <>
      <p class={why.kept ? "verdict stays" : "verdict goes"}>{verdict(why)}</p>
      {why.exists && why.kept && (
        <dl class="figures">
          <div>
            <dt>Keeps alone</dt>
            <dd>{bytes(why.retainedBytes)}</dd>
          </div>
          <div>
            <dt>Objects, itself included</dt>
            <dd>{count(why.retainedObjects)}</dd>
          </div>
          <div>
            <dt>Roots that lead to it</dt>
            <dd>{count(why.rootCount)}</dd>
          </div>
        </dl>
      )}
      {why.chains.length > 0 && (
        <>
          <h3>{why.kept ? "What keeps it" : "What came nearest to keeping it"}</h3>
          <Chains why={why} />
        </>
      )}
      <References title="Referred to by" list={why.referrers} />
      <References title="References astray: to the same key in another namespace" list={why.astray} />
      {why.ignoredLabels !== undefined && why.ignoredLabels.length > 0 && (
        <>
          <h3>Labels that do not count</h3>
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
      <Names title="Kept in other namespaces: the bytes stay" nodes={why.keptElsewhere} />
      {why.rootCount > 1 && (
        <Names
          title={`Roots that lead to it${why.roots.length < why.rootCount ? `, ${why.roots.length} of ${count(why.rootCount)}` : ""}`}
          nodes={why.roots}
        />
      )}
    </>
  );
}

function verdict(why: Why): string {
  if (!why.exists) {
    return "It does not exist: others refer to it in vain.";
  }
  if (!why.kept) {
    return why.keptElsewhere === undefined
      ? "Would go: no root leads to it."
      : "Would go from this namespace: no root leads to it.";
  }
  return why.chains[0]?.length === 1
    ? "Stays: it is a root itself."
    : `Stays: ${plural(why.chainCount, "shortest way")} to it from a root.`;
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

/** What is stored of an object, decoded. */
function Record({ database, node }: { database: Database; node: string }) {
  const task = useTask((signal) => database.seen.inspect(node, { signal }), [database, node]);
  if (task.state === "failed") {
    return null; // it is not stored, which is said above
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

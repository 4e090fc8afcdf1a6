import { useState } from "preact/hooks";
import type { Plan, Top } from "../../../src/index.js";
import { Bars, type Bar } from "../charts/bars.js";
import { Treemap } from "../charts/treemap.js";
import { Basis } from "../parts/notes.js";
import { Choice } from "../parts/controls.js";
import { Holders } from "../parts/holders.js";
import { KindMark } from "../parts/node-link.js";
import { Versions } from "../parts/versions.js";
import { areasOf, partsOf, type Measure, type Parts } from "../state/areas.js";
import type { Database } from "../state/database.js";
import { garbageList, hrefOf } from "../state/route.js";
import { kinds } from "../text/nodes.js";
import { bytes, count, percent, plural } from "../text/format.js";

/** The summary: the sizes of garbage and kept objects, and the retained sizes of roots. */
export function Overview({ database }: { database: Database }) {
  const { plan, top } = database;
  const [measure, setMeasure] = useState<Measure>(top.roots.some((root) => root.retainedBytes > 0) ? "bytes" : "objects");
  const figure = measure === "bytes" ? bytes : count;
  const parts = partsOf(top, plan, measure);
  return (
    <article class="overview">
      <h1 class="unseen">Overview of {database.name}</h1>
      {(plan.fails ?? "") === "" ? <Answer plan={plan} parts={partsOf(top, plan, "bytes")} /> : <Fails plan={plan} />}
      <Basis basis={top} />
      <section class="card">
        <div class="row">
          <h2>Retained size by root</h2>
          <Choice
            label="Areas by"
            value={measure}
            onChange={setMeasure}
            options={[
              ["bytes", "Bytes"],
              ["objects", "Objects"],
            ]}
          />
        </div>
        <p class="hint">
          The area of a root shows its retained size: the {measure} that a collection would remove if only this root were deleted.
          {parts.shared > 0 && (
            <>
              {" "}
              Several roots share another {figure(parts.shared)}
              {measure === "objects" && " objects"}, which the areas do not include.
            </>
          )}
        </p>
        {parts.retained > 0 ? (
          <Treemap root={areasOf(top, measure)} label={`Retained size of each root in ${measure}. Use the arrow keys.`} />
        ) : (
          <p class="empty">No root has a retained size.</p>
        )}
        <Legend top={top} />
      </section>
      <div class="columns">
        <section class="card">
          <Bars caption="Objects by kind" head={["Kind", "Kept", "Garbage"]} bars={byKind(plan)} />
          <p class="hint">The database contains the sizes of blobs, but not of snapshots.</p>
        </section>
        <section class="card">
          <Bars caption="Bytes by namespace" head={["Namespace", "Kept", "Garbage"]} bars={byNamespace(top)} />
          <SharedNote top={top} />
        </section>
      </div>
      <section class="card">
        <Holders top={top} />
      </section>
      <Versions database={database} />
    </article>
  );
}

function Answer({ plan, parts }: { plan: Plan; parts: Parts }) {
  const kept = Object.values(plan.keptCount).reduce((sum, n) => sum + (n ?? 0), 0);
  return (
    <section class="answer" aria-label="The answer">
      <div class="figure goes">
        <p class="label">A collection would remove</p>
        <p class="value">{bytes(plan.removedBytes)}</p>
        <p class="more">
          {plural(plan.removed.length, "object")}, {percent(plan.removedBytes, plan.removedBytes + plan.keptBytes)} of the bytes
          {plan.unsizedSnapshots > 0 && <>, without {plural(plan.unsizedSnapshots, "snapshot")} of unknown size</>}
          {plan.removed.length > 0 && (
            <>
              . <a href={hrefOf("explore", garbageList)}>List them</a>
            </>
          )}
        </p>
      </div>
      <div class="figure stays">
        <p class="label">and would keep</p>
        <p class="value">{bytes(plan.keptBytes)}</p>
        <p class="more">
          {plural(kept, "object")}: {bytes(parts.retained)} retained by one root, {bytes(parts.shared)} shared by several roots
        </p>
      </div>
      <div class="share" aria-hidden="true">
        {(["garbage", "retained", "shared"] as const).map(
          (part) => parts[part] > 0 && <span key={part} class={`part ${part}`} style={{ flexGrow: parts[part] }} />,
        )}
      </div>
      <ul class="legend">
        <li>
          <span class="swatch garbage" aria-hidden="true" />
          garbage
        </li>
        <li>
          <span class="swatch retained" aria-hidden="true" />
          retained by one root
        </li>
        <li>
          <span class="swatch shared" aria-hidden="true" />
          shared by several roots
        </li>
      </ul>
    </section>
  );
}

function Fails({ plan }: { plan: Plan }) {
  return (
    <div class="note error" role="alert">
      <p class="what">
        <strong>A collection by containerd {plan.containerd} fails and removes nothing.</strong>
      </p>
      <p class="where">{plan.fails}</p>
      <p>
        <a href={hrefOf("check")}>Check the database.</a>
      </p>
    </div>
  );
}

function Legend({ top }: { top: Top }) {
  const present = kinds.filter((kind) => top.roots.some((root) => root.kind === kind));
  return (
    <ul class="legend" aria-label="Colours of roots by kind">
      {present.map((kind) => (
        <li key={kind}>
          <span class={`swatch ${kind}`} aria-hidden="true" />
          {kind}
        </li>
      ))}
    </ul>
  );
}

function byKind(plan: Plan): Bar[] {
  return kinds.flatMap((kind): Bar[] => {
    const [removed, kept] = [plan.removedCount[kind] ?? 0, plan.keptCount[kind] ?? 0];
    return removed + kept === 0
      ? []
      : [{ key: kind, name: <KindMark kind={kind} />, kept, removed, keptText: count(kept), removedText: count(removed) }];
  });
}

/** The sizes of namespaces in descending order. Shared bytes count in each of their namespaces. */
function byNamespace(top: Top): Bar[] {
  const sums = new Map<string, { kept: number; removed: number }>();
  for (const share of top.shares) {
    const sum = sums.get(share.namespace) ?? { kept: 0, removed: 0 };
    sum.kept += share.keptBytes + share.sharedKeptBytes;
    sum.removed += share.removedBytes + share.sharedRemovedBytes;
    sums.set(share.namespace, sum);
  }
  return [...sums]
    .sort(([, a], [, b]) => b.kept + b.removed - a.kept - a.removed)
    .map(([namespace, { kept, removed }]) => ({
      key: namespace,
      name: namespace,
      kept,
      removed,
      keptText: bytes(kept),
      removedText: bytes(removed),
    }));
}

function SharedNote({ top }: { top: Top }) {
  const shared = top.shares.some((share) => share.sharedKeptBytes + share.sharedRemovedBytes > 0);
  return shared ? (
    <p class="hint">A blob in several namespaces counts in each of them, but is stored once.</p>
  ) : null;
}

import { useState } from "preact/hooks";
import type { Plan, Top } from "../../../src/index.js";
import { Bars, type Bar } from "../charts/bars.js";
import { Treemap } from "../charts/treemap.js";
import { Basis } from "../parts/basis.js";
import { Choice } from "../parts/choice.js";
import { Holders } from "../parts/holders.js";
import { KindMark } from "../parts/kind-mark.js";
import { Versions } from "../parts/versions.js";
import { areasOf, partsOf, type Measure, type Parts } from "../state/areas.js";
import type { Database } from "../state/database.js";
import { hrefOf, wouldGo } from "../state/route.js";
import { kinds } from "../text/nodes.js";
import { bytes, count, percent, plural } from "../text/numbers.js";

/** The answer in ten seconds: what would go, what stays, who holds it. */
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
          <h2>Who holds it</h2>
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
          Each area is what would go if that one holder were deleted. Choose one to see why it is there.
          {parts.together > 0 && (
            <>
              {" "}
              Another {figure(parts.together)} {measure === "objects" && "objects "}are kept by several holders together, and in
              no area.
            </>
          )}
        </p>
        {parts.alone > 0 ? (
          <Treemap root={areasOf(top, measure)} label={`What each holder keeps alone, by ${measure}. Arrow keys move.`} />
        ) : (
          <p class="empty">No holder keeps any {measure} alone.</p>
        )}
        <Legend top={top} />
      </section>
      <div class="columns">
        <section class="card">
          <Bars caption="Objects by kind" head={["Kind", "Stay", "Go"]} bars={byKind(plan)} />
          <p class="hint">All the bytes are those of content: a database does not know how large snapshots are.</p>
        </section>
        <section class="card">
          <Bars caption="Bytes by namespace" head={["Namespace", "Stay", "Go"]} bars={byNamespace(top)} />
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
  const stays = Object.values(plan.keptCount).reduce((sum, n) => sum + (n ?? 0), 0);
  return (
    <section class="answer" aria-label="The answer">
      <div class="figure goes">
        <p class="label">A collection would remove</p>
        <p class="value">{bytes(plan.removedBytes)}</p>
        <p class="more">
          {plural(plan.removed.length, "object")}, {percent(plan.removedBytes, plan.removedBytes + plan.keptBytes)} of the bytes
          {plan.unsizedSnapshots > 0 && <>; not counted: {plural(plan.unsizedSnapshots, "snapshot")} of unknown size</>}
          {plan.removed.length > 0 && (
            <>
              . <a href={hrefOf("explore", wouldGo)}>List them</a>
            </>
          )}
        </p>
      </div>
      <div class="figure stays">
        <p class="label">and would leave</p>
        <p class="value">{bytes(plan.keptBytes)}</p>
        <p class="more">
          {plural(stays, "object")}: {bytes(parts.alone)} kept by one holder, {bytes(parts.together)} by several together
        </p>
      </div>
      <div class="share" aria-hidden="true">
        {(["goes", "alone", "together"] as const).map(
          (part) => parts[part] > 0 && <span key={part} class={`part ${part}`} style={{ flexGrow: parts[part] }} />,
        )}
      </div>
      <ul class="legend">
        <li>
          <span class="swatch garbage" aria-hidden="true" />
          would go
        </li>
        <li>
          <span class="swatch alone" aria-hidden="true" />
          kept by one holder
        </li>
        <li>
          <span class="swatch together" aria-hidden="true" />
          kept by several together
        </li>
      </ul>
    </section>
  );
}

function Fails({ plan }: { plan: Plan }) {
  return (
    <div class="note error" role="alert">
      <p class="what">
        <strong>A collection by containerd {plan.containerd} ends with an error, and removes nothing.</strong>
      </p>
      <p class="where">{plan.fails}</p>
      <p>
        <a href={hrefOf("sound")}>See what is wrong with the database.</a>
      </p>
    </div>
  );
}

function Legend({ top }: { top: Top }) {
  const there = kinds.filter((kind) => top.roots.some((root) => root.kind === kind));
  return (
    <ul class="legend" aria-label="Colours of holders">
      {there.map((kind) => (
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
    const [goes, stays] = [plan.removedCount[kind] ?? 0, plan.keptCount[kind] ?? 0];
    return goes + stays === 0
      ? []
      : [{ key: kind, name: <KindMark kind={kind} />, stays, goes, figure: count(stays), figureGoes: count(goes) }];
  });
}

/** The most first. What is shared counts in each namespace that has it. */
function byNamespace(top: Top): Bar[] {
  const sums = new Map<string, { stays: number; goes: number }>();
  for (const share of top.shares) {
    const sum = sums.get(share.namespace) ?? { stays: 0, goes: 0 };
    sum.stays += share.keptBytes + share.sharedKeptBytes;
    sum.goes += share.removedBytes + share.sharedRemovedBytes;
    sums.set(share.namespace, sum);
  }
  return [...sums]
    .sort(([, a], [, b]) => b.stays + b.goes - a.stays - a.goes)
    .map(([namespace, { stays, goes }]) => ({
      key: namespace,
      name: namespace,
      stays,
      goes,
      figure: bytes(stays),
      figureGoes: bytes(goes),
    }));
}

function SharedNote({ top }: { top: Top }) {
  const shared = top.shares.some((share) => share.sharedKeptBytes + share.sharedRemovedBytes > 0);
  return shared ? (
    <p class="hint">A blob that several namespaces have counts in each of them, but takes its bytes once.</p>
  ) : null;
}

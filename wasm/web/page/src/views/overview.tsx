import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Accounting, Part, Plan, Share } from "../../../src/index.js";
import { Bars, type Bar } from "../charts/bars.js";
import { Treemap } from "../charts/treemap.js";
import { Basis } from "../parts/notes.js";
import { Choice } from "../parts/controls.js";
import { Holders, SharedSets } from "../parts/holders.js";
import { KindMark } from "../parts/node-link.js";
import { NextExpiry, Summary, UnsizedNote, WithheldNote } from "../parts/summary.js";
import { Versions } from "../parts/versions.js";
import type { Hypothesis } from "../state/assumptions.js";
import { areasOf, partsOf, sumOf, unheldTitle, type Grouping, type Measure, type Parts } from "../state/areas.js";
import { isArchive, type Database } from "../state/database.js";
import { garbageList, hrefOf } from "../state/route.js";
import { ownFrame } from "../state/task.js";
import { kinds } from "../text/nodes.js";
import { count, percent, plural, size, sizeOf } from "../text/format.js";
import { holderKinds, lookOf } from "../text/holders.js";
import { Freed, Ticked } from "./ticked.js";

/** The summary: the sizes of garbage and kept objects, and the holders of all bytes. */
export function Overview({ database, hypothesis }: { database: Database; hypothesis: Hypothesis }) {
  const { plan, accounting } = database;
  const fails = (plan.fails ?? "") !== "";
  const details = useMemo(() => <Details database={database} fails={fails} />, [database]);
  return (
    <article class="overview">
      <h1 class="unseen">Overview of {database.name}</h1>
      {fails ? <Fails plan={plan} /> : <Answer plan={plan} accounting={accounting} parts={partsOf(accounting)} />}
      <WithheldNote withheld={accounting.withheld} />
      {!fails && <NextExpiry next={plan.next} />}
      <Basis basis={database.basis} />
      {!fails && (
        <Later>
          <Bytes accounting={accounting} archive={isArchive(database)} hypothesis={hypothesis} />
        </Later>
      )}
      {details}
    </article>
  );
}

/** The tables below the treemap. They do not depend on the assumptions. */
function Details({ database, fails }: { database: Database; fails: boolean }) {
  const { plan, accounting } = database;
  return (
    <>
      {!fails && (
        <>
          <Later>
            <section class="card">
              <Summary accounting={accounting} />
              <p class="hint">
                Reclaimable is freed if all holders of the kind are deleted. Several kinds can keep the same object, so the sizes can
                exceed the total.
              </p>
            </section>
          </Later>
          <Later>
            <section class="card">
              <Holders accounting={accounting} />
              <p class="hint">
                A holder is a set of objects that a person deletes together: all names of an image, a container with its snapshot, a
                lease. Alone is freed if only this holder is deleted.
              </p>
            </section>
          </Later>
          <Later>
            <section class="card">
              <SharedSets accounting={accounting} />
            </section>
          </Later>
        </>
      )}
      <Later>
        <Charts database={database} />
        {plan.removedBytes >= 0 && <Versions database={database} />}
      </Later>
    </>
  );
}

/** Renders its contents in a frame of their own after the first paint: a task that renders everything is long. */
function Later({ children }: { children: ComponentChildren }) {
  const [now, setNow] = useState(false);
  useEffect(() => {
    let here = true;
    void ownFrame().then(() => here && setNow(true));
    return () => void (here = false);
  }, []);
  return <>{now && children}</>;
}

function Charts({ database }: { database: Database }) {
  return (
    <div class="columns">
      <section class="card">
        <Bars caption="Objects by kind" head={["Kind", "Kept", "Garbage"]} bars={byKind(database.plan)} />
      </section>
      <section class="card">
        <Bars caption="Bytes by namespace" head={["Namespace", "Kept", "Garbage"]} bars={byNamespace(database)} />
        <SharedNote shares={database.shares} />
      </section>
    </div>
  );
}

/** The treemap of all bytes or objects, in which the user ticks areas to see what their deletion frees. */
function Bytes({ accounting, archive, hypothesis }: { accounting: Accounting; archive: boolean; hypothesis: Hypothesis }) {
  const [measure, setMeasure] = useState<Measure>(accounting.totalBytes > 0 ? "bytes" : "objects");
  const [grouping, setGrouping] = useState<Grouping>("namespace");
  const total = measure === "bytes" ? size(accounting.totalBytes, accounting.unsizedSnapshots) : plural(accounting.totalObjects, "object");
  const root = useMemo(() => areasOf(accounting, measure, grouping), [accounting, measure, grouping]);
  const unknown = accounting.holders.filter(({ retainedBytes }) => retainedBytes < 0).length;
  return (
    <section class="card">
      <div class="row">
        <h2>Who holds the disk</h2>
        <div class="choices">
          <Choice
            label="Holders by"
            value={grouping}
            onChange={setGrouping}
            options={[
              ["namespace", "Namespace"],
              ["client", "Client"],
            ]}
          />
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
      </div>
      <p class="hint">
        The areas are all {measure}, {total}: of one holder alone, shared by a set of holders, garbage
        {accounting.unknown === undefined ? "" : ", and on disk without a record in the metadata"}
        {accounting.unheld === undefined ? "" : `, and ${unheldTitle}`}.
        {unknown > 0 && ` ${plural(unknown, "holder")} of unknown size ${unknown === 1 ? "has" : "have"} no area.`}
      </p>
      {root.children!.length > 0 ? (
        <>
          <Freed hypothesis={hypothesis} />
          <Treemap
            root={root}
            label={`All ${measure} by holder. The arrow keys move, Space ticks, Enter shows an area.`}
            ticked={hypothesis.deleted}
            onTick={(selections) => hypothesis.toggle(...selections)}
          />
        </>
      ) : (
        <p class="empty">The database has no {measure === "bytes" ? "object of a known size" : "objects"}.</p>
      )}
      <Legend accounting={accounting} />
      <Ticked hypothesis={hypothesis} />
      {measure === "bytes" && <UnsizedNote snapshots={accounting.unsizedSnapshots} archive={archive} />}
    </section>
  );
}

const bar = ["garbage", "retained", "shared", "unheld", "unknown"] as const;

const barTitles: Record<(typeof bar)[number], string> = {
  garbage: "garbage",
  retained: "kept by one holder",
  shared: "shared by several holders",
  unheld: unheldTitle,
  unknown: "on disk only",
};

function Answer({ plan, accounting, parts }: { plan: Plan; accounting: Accounting; parts: Parts }) {
  const kept = Object.values(plan.keptCount).reduce((sum, n) => sum + (n ?? 0), 0);
  const unsizedKept = accounting.unsizedSnapshots - plan.unsizedSnapshots - parts.unknown.unsizedSnapshots;
  const shown = bar.filter((part) => (part !== "unknown" && part !== "unheld") || accounting[part] !== undefined);
  return (
    <section class="answer" aria-label="The answer">
      <div class="figure goes">
        <p class="label">A collection would remove</p>
        <p class="value">{size(plan.removedBytes, plan.unsizedSnapshots)}</p>
        <p class="more">
          {plan.removedBytes < 0
            ? "Records are lost, and one of them may keep any object"
            : `${plural(plan.removed.length, "object")}, ${percent(plan.removedBytes, plan.removedBytes + plan.keptBytes)} of the known bytes`}
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
        <p class="value">{size(plan.keptBytes, unsizedKept)}</p>
        <p class="more">
          {plural(plan.keptBytes < 0 ? -1 : kept, "object")} of {plural(accounting.holderCount, "holder")}: {sizeOf(parts.retained)} kept by one holder,{" "}
          {sizeOf(parts.shared)} shared by several
          {parts.unknown.objects > 0 && (
            <>
              . {plural(parts.unknown.objects, "more object")} on disk only: {sizeOf(parts.unknown)}
            </>
          )}
        </p>
      </div>
      <div class="share" aria-hidden="true">
        {shown.map((part) => parts[part].bytes > 0 && <span key={part} class={`part ${part}`} style={{ flexGrow: parts[part].bytes }} />)}
      </div>
      <ul class="legend">
        {shown.map((part) => (
          <li key={part}>
            <span class={`swatch ${part}`} aria-hidden="true" />
            {barTitles[part]} {sizeOf(parts[part])}
          </li>
        ))}
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

function Legend({ accounting }: { accounting: Accounting }) {
  const present = holderKinds.filter(([kind]) => accounting.holders.some((holder) => holder.kind === kind));
  const looks: [string, string][] = present.map(([kind, title]) => [lookOf(kind), title]);
  looks.push(["shared-set", "shared by several holders"], ["garbage", "garbage"]);
  if (accounting.unheld !== undefined) {
    looks.push(["unheld", unheldTitle]);
  }
  if (accounting.unknown !== undefined) {
    looks.push(["unrecorded", "on disk only"]);
  }
  return (
    <ul class="legend" aria-label="Colours of areas">
      {looks.map(([look, title]) => (
        <li key={look}>
          <span class={`swatch ${look}`} aria-hidden="true" />
          {title}
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
function byNamespace(database: Database): Bar[] {
  const sums = new Map<string, { kept: Part; removed: Part }>();
  for (const share of database.shares) {
    const sum = sums.get(share.namespace) ?? { kept: noPart(), removed: noPart() };
    sum.kept.bytes += share.keptBytes + share.sharedKeptBytes;
    const removed = { bytes: share.removedBytes, objects: share.removed, unsizedSnapshots: 0 };
    sum.removed = sumOf([sum.removed, removed, { ...noPart(), bytes: Math.max(0, share.sharedRemovedBytes) }]);
    sums.set(share.namespace, sum);
  }
  for (const [namespace, unsized] of unsizedSnapshots(database)) {
    sums.get(namespace)!.kept.unsizedSnapshots += unsized.kept;
    sums.get(namespace)!.removed.unsizedSnapshots += unsized.removed;
  }
  return [...sums]
    .sort(([, a], [, b]) => b.kept.bytes + b.removed.bytes - a.kept.bytes - a.removed.bytes)
    .map(([namespace, { kept, removed }]) => ({
      key: namespace,
      name: namespace,
      kept: kept.bytes,
      removed: removed.bytes,
      keptText: sizeOf(kept),
      removedText: sizeOf(removed),
    }));
}

/** The numbers of snapshots of unknown size by namespace. All holders of a snapshot are in its namespace. */
function unsizedSnapshots({ accounting, plan }: Database): Map<string, { kept: number; removed: number }> {
  const sums = new Map<string, { kept: number; removed: number }>();
  const add = (namespace: string | undefined, key: "kept" | "removed", number: number) => {
    if (namespace !== undefined && number > 0) {
      const sum = sums.get(namespace) ?? { kept: 0, removed: 0 };
      sum[key] += number;
      sums.set(namespace, sum);
    }
  };
  accounting.holders.forEach((holder) => add(holder.namespace, "kept", holder.unsizedSnapshots));
  accounting.shared.forEach((set) => add(set.holders[0]?.split("/")[1], "kept", set.unsizedSnapshots));
  accounting.withheld?.forEach(({ namespace }) => add(namespace, "kept", 1)); // of its holders, the number is unknown
  plan.removedSizes.forEach((size, i) => size < 0 && add(plan.removed[i]!.split("/")[1], "removed", 1));
  return sums;
}

const noPart = (): Part => ({ bytes: 0, objects: 0, unsizedSnapshots: 0 });

function SharedNote({ shares }: { shares: readonly Share[] }) {
  const shared = shares.some((share) => share.sharedKeptBytes + share.sharedRemovedBytes > 0);
  return (
    <p class="hint">
      Only known sizes count.{shared && " A blob in several namespaces counts in each of them, but is stored once."}
    </p>
  );
}

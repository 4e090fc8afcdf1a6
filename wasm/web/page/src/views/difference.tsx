import { useMemo } from "preact/hooks";
import type { Plan } from "../../../src/index.js";
import { NodeLink } from "../parts/node-link.js";
import { WithheldNote } from "../parts/summary.js";
import { VirtualList } from "../parts/virtual-list.js";
import { bytes, count, plural, size, sizeOf } from "../text/format.js";

interface FiguresProps {
  before: Plan;
  after: Plan;
  changed: boolean;
  /** The time or the version differs. */
  moved: boolean;
}

/** The totals of a hypothetical plan and their differences from the plan of the unchanged file. */
export function Figures({ before, after, changed, moved }: FiguresProps) {
  if ((after.fails ?? "") !== "") {
    return (
      <div class="note error">
        <p>
          <strong>The collection would fail and remove nothing.</strong>
        </p>
        <p>{after.fails}</p>
      </div>
    );
  }
  const more = after.removed.length - before.removed.length;
  return (
    <div class="answer compact">
      <div class="figure goes">
        <p class="label">Would remove</p>
        <p class="value">{size(after.removedBytes, after.unsizedSnapshots)}</p>
        <p class="more">
          {plural(after.removed.length, "object")}
          {after.deleted === undefined ? "" : ` in addition to ${count(after.deleted.length)} deleted`}
        </p>
      </div>
      {(moved || after.difference === undefined) && (
        <div class="figure">
          <p class="label">Difference</p>
          <p class="value">{gainOf(before, after)}</p>
          <p class="more">{changed ? `${signed(more, count)} objects` : "no assumptions yet"}</p>
        </div>
      )}
      {after.difference !== undefined && (
        <div class="figure stays">
          <p class="label">The deletion alone frees</p>
          <p class="value">{sizeOf(after.difference.freed)}</p>
          <p class="more">{plural(after.difference.freed.objects, "object")}, deleted ones included</p>
        </div>
      )}
    </div>
  );
}

/** The difference in bytes, as "unknown" or with a mark if the plans differ in snapshots of unknown size. */
function gainOf(before: Plan, after: Plan): string {
  const gain = after.removedBytes - before.removedBytes;
  const unsized = after.unsizedSnapshots !== before.unsizedSnapshots;
  if (after.removedBytes < 0 || before.removedBytes < 0) {
    return "unknown";
  }
  return gain === 0 && unsized ? "unknown" : `${signed(gain, bytes)}${unsized ? "+?" : ""}`;
}

function signed(n: number, text: (n: number) => string): string {
  return `${n < 0 ? "−" : "+"}${text(Math.abs(n))}`;
}

interface DifferenceProps {
  before: Plan;
  after: Plan;
}

/** The differences between a hypothetical plan and the plan of the unchanged file. */
export function Difference({ before, after }: DifferenceProps) {
  const [more, less] = useMemo(() => {
    const [was, is, deleted] = [new Set(before.removed), new Set(after.removed), new Set(after.deleted)];
    const less = before.removed.filter((node) => !is.has(node) && !deleted.has(node));
    return [after.removed.filter((node) => !was.has(node)), less];
  }, [before, after]);
  const sizes = useMemo(() => new Map(after.removed.map((node, i) => [node, after.removedSizes[i]!])), [after]);
  const largestFirst = useMemo(() => [...more].sort((a, b) => sizes.get(b)! - sizes.get(a)!), [more, sizes]);
  return (
    <>
      <WithheldNote withheld={after.withheld} />
      {after.notes?.map((note) => (
        <p key={note} class="hint">
          Note: {note}.
        </p>
      ))}
      {more.length + less.length + (after.deleted?.length ?? 0) === 0 && (
        <p class="hint empty">No differences. Select holders to delete, or change the time or the version.</p>
      )}
      <List title="Deleted" nodes={after.deleted ?? []} />
      <List title="Also removed" nodes={largestFirst} sizes={sizes} />
      <List title="Kept instead" nodes={less} />
    </>
  );
}

function List({ title, nodes, sizes }: { title: string; nodes: readonly string[]; sizes?: ReadonlyMap<string, number> }) {
  if (nodes.length === 0) {
    return null;
  }
  return (
    <>
      <h2>
        {title} <span class="count">{count(nodes.length)}</span>
      </h2>
      <VirtualList
        items={nodes}
        rowHeight={32}
        rows={title === "Deleted" ? 5 : 9}
        label={title}
        row={(node) => (
          <span class="line">
            <NodeLink node={node} /> {sizes !== undefined && <span class="small">{ownSize(sizes.get(node))}</span>}
          </span>
        )}
      />
    </>
  );
}

/** Formats the own size of a removed object: 0 for objects without bytes, -1 for an unknown size. */
function ownSize(own: number | undefined): string {
  return own === undefined || own === 0 ? "" : own < 0 ? "unknown size" : bytes(own);
}

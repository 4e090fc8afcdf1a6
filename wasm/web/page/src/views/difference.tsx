import { useMemo } from "preact/hooks";
import type { Plan } from "../../../src/index.js";
import { NodeLink } from "../parts/node-link.js";
import { VirtualList } from "../parts/virtual-list.js";
import { bytes, count, plural } from "../text/format.js";

/** The totals of a hypothetical plan and their differences from the plan of the unchanged file. */
export function Figures({ before, after, changed }: { before: Plan; after: Plan; changed: boolean }) {
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
  const gain = after.removedBytes - before.removedBytes;
  const more = after.removed.length - before.removed.length;
  return (
    <div class="answer compact">
      <div class="figure goes">
        <p class="label">Would remove</p>
        <p class="value">{bytes(after.removedBytes)}</p>
        <p class="more">
          {plural(after.removed.length, "object")}
          {after.deleted === undefined ? "" : ` in addition to ${count(after.deleted.length)} deleted`}
        </p>
      </div>
      <div class="figure">
        <p class="label">Difference</p>
        <p class="value">{signed(gain, bytes)}</p>
        <p class="more">{changed ? `${signed(more, count)} objects` : "no assumptions yet"}</p>
      </div>
    </div>
  );
}

function signed(n: number, text: (n: number) => string): string {
  return `${n < 0 ? "−" : "+"}${text(Math.abs(n))}`;
}

interface DifferenceProps {
  before: Plan;
  after: Plan;
  deleted: ReadonlySet<string>;
}

/** The differences between a hypothetical plan and the plan of the unchanged file. */
export function Difference({ before, after, deleted }: DifferenceProps) {
  const [more, less] = useMemo(() => {
    const [was, is] = [new Set(before.removed), new Set(after.removed)];
    return [after.removed.filter((node) => !was.has(node)), before.removed.filter((node) => !is.has(node) && !deleted.has(node))];
  }, [before, after]);
  return (
    <>
      {after.notes?.map((note) => (
        <p key={note} class="hint">
          Note: {note}.
        </p>
      ))}
      {more.length + less.length === 0 && (
        <p class="hint empty">No differences. Select objects to delete, or change the time or the version.</p>
      )}
      <List title="Also removed" nodes={more} />
      <List title="Kept instead" nodes={less} />
      <p class="hint">{commandOf(after)}</p>
    </>
  );
}

function List({ title, nodes }: { title: string; nodes: string[] }) {
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
        rows={9}
        label={title}
        row={(node) => (
          <span class="line">
            <NodeLink node={node} />
          </span>
        )}
      />
    </>
  );
}

/** The equivalent command. */
function commandOf(plan: Plan) {
  const deleted = (plan.deleted ?? [])
    .slice(0, 3)
    .map((node) => ` --delete '${node.replaceAll("'", "'\\''")}'`)
    .join("");
  const more = (plan.deleted?.length ?? 0) > 3 ? " …" : "";
  return (
    <>
      Command:{" "}
      <code>
        holdfast plan meta.db --containerd {plan.containerd} --at {plan.at}
        {deleted}
        {more}
      </code>
    </>
  );
}

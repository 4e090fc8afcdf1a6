import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ErrorNote } from "../parts/notes.js";
import { KindMark } from "../parts/node-link.js";
import { ListBox } from "../parts/list-box.js";
import { Search, Select } from "../parts/controls.js";
import { WithheldNote } from "../parts/summary.js";
import type { Database, ListedObject } from "../state/database.js";
import { applyFilter, namespacesOf, orders, type Filter } from "../state/filter.js";
import { garbageList, hrefOf } from "../state/route.js";
import { useNarrow } from "../state/media.js";
import { useTask } from "../state/task.js";
import { kinds, parseNode, shortKey } from "../text/nodes.js";
import { bytes, count } from "../text/format.js";
import { Detail } from "./detail.js";

interface Props {
  database: Database;
  /** The object to show; undefined while another view is shown. */
  node: string | undefined;
}

/** The list of all objects, and the details of the chosen one. */
export function Explore({ database, node }: Props) {
  const task = useTask(database.objects, [database]);
  const [shown, setShown] = useState(node ?? "");
  const side = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  useEffect(() => {
    if (node !== undefined && node !== "" && node !== garbageList) {
      setShown(node);
      if (narrow) {
        side.current?.scrollIntoView({ block: "start" });
      }
    }
  }, [node, task.state]);
  return (
    <article class="explore">
      <h1>Explore</h1>
      <WithheldNote withheld={database.accounting.withheld} />
      {task.state === "waiting" && (
        <p class="busy">
          <span class="spinner" aria-hidden="true" /> Listing all objects…
        </p>
      )}
      {task.state === "failed" && <ErrorNote error={task.error} title="The list of objects failed" />}
      <div class="two">
        {task.state === "done" && <Objects objects={task.value} shown={shown} removed={node === garbageList} />}
        <div class="side" ref={side}>
          {shown === "" ? (
            <p class="hint empty">Choose an object to see why it is kept or removed.</p>
          ) : (
            <Detail database={database} node={shown} />
          )}
        </div>
      </div>
    </article>
  );
}

interface ObjectsProps {
  objects: readonly ListedObject[];
  shown: string;
  /** List the garbage. */
  removed: boolean;
}

function Objects({ objects, shown, removed }: ObjectsProps) {
  const [filter, setFilter] = useState<Filter>({ text: "", kind: "", namespace: "", fate: "", order: "name" });
  useEffect(() => {
    if (removed) {
      setFilter({ text: "", kind: "", namespace: "", fate: "removed", order: "name" });
    }
  }, [removed]);
  const change = (part: Partial<Filter>) => setFilter((before) => ({ ...before, ...part }));
  const list = useMemo(() => applyFilter(objects, filter), [objects, filter]);
  const namespaces = useMemo(() => namespacesOf(objects), [objects]);
  const rows = useNarrow() ? 6 : 12;
  const chosen = useMemo(() => list.findIndex((object) => object.node === shown), [list, shown]);
  return (
    <section class="objects" aria-label="Objects">
      <Search hint="Search names, digests, namespaces" text={filter.text} onChange={(text) => change({ text })} />
      <div class="filters">
        <Select
          label="Kind"
          value={filter.kind}
          onChange={(kind) => change({ kind })}
          options={[["", "All kinds"], ...kinds.map((kind) => [kind, kind] as const)]}
        />
        <Select
          label="Namespace"
          value={filter.namespace}
          onChange={(namespace) => change({ namespace })}
          options={[["", "All namespaces"], ...namespaces.map((name) => [name, name] as const)]}
        />
        <Select
          label="Status"
          value={filter.fate}
          onChange={(fate) => change({ fate })}
          options={[
            ["", "Any status"],
            ["kept", "Kept"],
            ["removed", "Garbage"],
          ]}
        />
        <Select label="Order" value={filter.order} onChange={(order) => change({ order })} options={orders} />
      </div>
      <p class="hint" role="status">
        {count(list.length)} of {count(objects.length)} objects
      </p>
      <ListBox
        items={list}
        rowHeight={48}
        rows={rows}
        label="Objects"
        chosen={chosen}
        onChoose={(index) => {
          location.hash = hrefOf("explore", list[index]!.node);
        }}
        row={(object) => <Row object={object} />}
      />
    </section>
  );
}

function Row({ object }: { object: ListedObject }) {
  const name = parseNode(object.node);
  if (name === undefined) {
    return <span class="line">{object.node}</span>;
  }
  return (
    <>
      <span class="line" title={object.node}>
        {shortKey(name.key, 200)}
      </span>
      <span class="line small">
        <KindMark kind={name.kind} /> <span class="ns">{name.namespace}</span>
        {object.bytes !== undefined && <span class="size">{bytes(object.bytes)}</span>}
        {object.bytes === undefined && name.kind === "snapshot" && <span class="size">unknown size</span>}
        {!object.kept && <span class="fate goes">garbage</span>}
      </span>
    </>
  );
}

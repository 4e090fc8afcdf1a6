import { useMemo, useState } from "preact/hooks";
import type { Holder } from "../../../src/index.js";
import { ErrorNote } from "../parts/notes.js";
import { Search, Select } from "../parts/controls.js";
import { VirtualList } from "../parts/virtual-list.js";
import type { Database, ListedObject } from "../state/database.js";
import { applyFilter, namespacesOf } from "../state/filter.js";
import { useNarrow } from "../state/media.js";
import { useTask } from "../state/task.js";
import { deletable, parseNode, shortKey, visible } from "../text/nodes.js";
import { bytes, count, plural, size } from "../text/format.js";
import { isDeletable, notesOf, selectionOf } from "../text/holders.js";

interface Props {
  database: Database;
  /** The selections that are assumed deleted: nodes, holders, namespaces and patterns. */
  deleted: ReadonlySet<string>;
  onToggle: (selection: string) => void;
}

/** A row: what can be deleted, for display and as an argument of the plan. */
interface Row {
  selection: string;
  name: string;
  details: string;
}

/** The list of holders, namespaces or objects with check boxes to assume them deleted. */
export function Candidates({ database, deleted, onToggle }: Props) {
  const task = useTask(database.objects, [database]);
  const narrow = useNarrow();
  const [text, setText] = useState("");
  const [kind, setKind] = useState("holders");
  const objects = task.state === "done" ? task.value : [];
  const rows = useMemo(() => rowsOf(database, objects, text, kind), [database, objects, text, kind]);
  return (
    <section class="objects" aria-label="Candidates">
      {task.state === "failed" && <ErrorNote error={task.error} title="The list of objects failed" />}
      <div class="filters">
        <Search hint="Search" text={text} onChange={setText} />
        <Select
          label="Kind"
          value={kind}
          onChange={setKind}
          options={[
            ["holders", "holders"],
            ["namespaces", "namespaces"],
            ...deletable.map((name) => [name, `each ${name}`] as const),
          ]}
        />
      </div>
      <p class="hint" role="status">
        {plural(rows.length, kind === "holders" ? "holder" : kind === "namespaces" ? "namespace" : "object")}, {count(deleted.size)} selected
      </p>
      <VirtualList
        items={rows}
        rowHeight={44}
        rows={narrow ? 7 : 12}
        label="Delete"
        row={(row) => <Candidate row={row} selected={deleted.has(row.selection)} onToggle={onToggle} />}
      />
    </section>
  );
}

function rowsOf(database: Database, objects: readonly ListedObject[], text: string, kind: string): Row[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const matches = (name: string) => words.length === 0 || words.every((word) => name.toLowerCase().includes(word));
  switch (kind) {
    case "holders":
      return database.accounting.holders.filter((holder) => isDeletable(holder) && holder.nodes.some(matches)).map(holderRow);
    case "namespaces":
      return namespacesOf(objects).filter(matches).map((name) => namespaceRow(name, database.accounting.holders));
    default:
      return applyFilter(objects, { text, kind, namespace: "", fate: "", order: "name" }).map(objectRow);
  }
}

function holderRow(holder: Holder): Row {
  const name = parseNode(holder.holder);
  const frees = size(holder.retainedBytes, holder.unsizedSnapshots);
  const details = [holder.kind, name?.namespace, `${frees} alone`, notesOf(holder)].filter((text) => text !== undefined && text !== "");
  return { selection: selectionOf(holder), name: shortKey(name?.key ?? holder.holder, 200), details: details.join(" · ") };
}

function namespaceRow(name: string, holders: readonly Holder[]): Row {
  const inside = holders.filter((holder) => holder.namespace === name).length;
  return { selection: `namespace/${name}`, name: visible(name), details: `everything in it · ${plural(inside, "holder")}` };
}

function objectRow(object: ListedObject): Row {
  const name = parseNode(object.node);
  const details = [name?.namespace ?? ""];
  if (object.bytes !== undefined) {
    details.push(bytes(object.bytes));
  } else if (name?.kind === "snapshot") {
    details.push("unknown size");
  }
  if (!object.kept) {
    details.push("already garbage");
  }
  return { selection: object.node, name: shortKey(name?.key ?? object.node, 200), details: details.join(" · ") };
}

function Candidate({ row, selected, onToggle }: { row: Row; selected: boolean; onToggle: (selection: string) => void }) {
  const { selection, name, details } = row;
  return (
    <label class="tick" title={selection}>
      <input type="checkbox" checked={selected} onChange={() => onToggle(selection)} aria-label={`Delete ${selection}`} />
      <span class="line">
        <span class="key">{name}</span>
        <span class="small">{details}</span>
      </span>
    </label>
  );
}

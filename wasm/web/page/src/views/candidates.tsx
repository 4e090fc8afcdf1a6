import { useMemo, useState } from "preact/hooks";
import { ErrorNote } from "../parts/notes.js";
import { Search, Select } from "../parts/controls.js";
import { VirtualList } from "../parts/virtual-list.js";
import type { Database, ListedObject } from "../state/database.js";
import { applyFilter } from "../state/filter.js";
import { useNarrow } from "../state/media.js";
import { useTask } from "../state/task.js";
import { deletable, parseNode, shortKey } from "../text/nodes.js";
import { bytes, count, plural } from "../text/format.js";

interface Props {
  database: Database;
  deleted: ReadonlySet<string>;
  onToggle: (node: string) => void;
}

/** The list of objects with check boxes to assume them deleted. */
export function Candidates({ database, deleted, onToggle }: Props) {
  const task = useTask(database.objects, [database]);
  const narrow = useNarrow();
  const [text, setText] = useState("");
  const [kind, setKind] = useState("image");
  const objects = task.state === "done" ? task.value : [];
  const list = useMemo(
    () => candidates(objects, text, kind, deleted),
    [objects, text, kind, kind === "deleted" ? deleted : undefined],
  );
  return (
    <section class="objects" aria-label="Objects to delete">
      {task.state === "failed" && <ErrorNote error={task.error} title="The list of objects failed" />}
      <div class="filters">
        <Search hint="Search" text={text} onChange={setText} />
        <Select
          label="Kind"
          value={kind}
          onChange={setKind}
          options={[
            ...deletable.map((name) => [name, name] as const),
            ["deleted", `selected (${deleted.size})`],
          ]}
        />
      </div>
      <p class="hint" role="status">
        {plural(list.length, "object")}, {count(deleted.size)} selected
      </p>
      <VirtualList
        items={list}
        rowHeight={44}
        rows={narrow ? 7 : 12}
        label="Delete"
        row={(object) => <Candidate object={object} selected={deleted.has(object.node)} onToggle={onToggle} />}
      />
    </section>
  );
}

function candidates(objects: readonly ListedObject[], text: string, kind: string, deleted: ReadonlySet<string>): readonly ListedObject[] {
  const filter = { text, kind: kind === "deleted" ? "" : kind, namespace: "", fate: "" as const, order: "name" as const };
  const list = applyFilter(objects, filter);
  return kind === "deleted" ? list.filter((object) => deleted.has(object.node)) : list;
}

function Candidate({ object, selected, onToggle }: { object: ListedObject; selected: boolean; onToggle: (node: string) => void }) {
  const name = parseNode(object.node);
  return (
    <label class="tick" title={object.node}>
      <input type="checkbox" checked={selected} onChange={() => onToggle(object.node)} aria-label={`Delete ${object.node}`} />
      <span class="line">
        <span class="key">{shortKey(name?.key ?? object.node, 200)}</span>
        <span class="small">
          {name?.namespace}
          {object.bytes === undefined ? "" : ` · ${bytes(object.bytes)}`}
          {object.kept ? "" : " · already garbage"}
        </span>
      </span>
    </label>
  );
}

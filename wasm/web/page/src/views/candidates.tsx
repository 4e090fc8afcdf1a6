import { useMemo, useState } from "preact/hooks";
import { ErrorNote } from "../parts/error-note.js";
import { Search } from "../parts/search.js";
import { Select } from "../parts/select.js";
import { VirtualList } from "../parts/virtual-list.js";
import type { Database, Listed } from "../state/database.js";
import { filtered } from "../state/filter.js";
import { useNarrow } from "../state/narrow.js";
import { useTask } from "../state/task.js";
import { deletable, parseNode, shortKey } from "../text/nodes.js";
import { bytes, count, plural } from "../text/numbers.js";

interface Props {
  database: Database;
  deleted: ReadonlySet<string>;
  onToggle: (node: string) => void;
}

/** What could be deleted, to be ticked. */
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
    <section class="objects" aria-label="What could be deleted">
      {task.state === "failed" && <ErrorNote error={task.error} what="The objects could not be listed" />}
      <div class="filters">
        <Search hint="Search" text={text} onChange={setText} />
        <Select
          label="Kind"
          value={kind}
          onChange={setKind}
          options={[
            ...deletable.map((name) => [name, `${name}s`.replace("contents", "content")] as const),
            ["deleted", `ticked (${deleted.size})`],
          ]}
        />
      </div>
      <p class="hint" role="status">
        {plural(list.length, "object")}, {count(deleted.size)} ticked
      </p>
      <VirtualList
        items={list}
        rowHeight={44}
        rows={narrow ? 7 : 12}
        label="Delete"
        row={(object) => <Tick object={object} ticked={deleted.has(object.node)} onToggle={onToggle} />}
      />
    </section>
  );
}

function candidates(objects: readonly Listed[], text: string, kind: string, deleted: ReadonlySet<string>): readonly Listed[] {
  const filter = { text, kind: kind === "deleted" ? "" : kind, namespace: "", fate: "" as const, order: "name" as const };
  const list = filtered(objects, filter);
  return kind === "deleted" ? list.filter((object) => deleted.has(object.node)) : list;
}

function Tick({ object, ticked, onToggle }: { object: Listed; ticked: boolean; onToggle: (node: string) => void }) {
  const name = parseNode(object.node);
  return (
    <label class="tick" title={object.node}>
      <input type="checkbox" checked={ticked} onChange={() => onToggle(object.node)} aria-label={`Delete ${object.node}`} />
      <span class="line">
        <span class="key">{shortKey(name?.key ?? object.node, 200)}</span>
        <span class="small">
          {name?.namespace}
          {object.bytes === undefined ? "" : ` · ${bytes(object.bytes)}`}
          {object.kept ? "" : " · would go anyway"}
        </span>
      </span>
    </label>
  );
}

import { useEffect, useMemo, useState } from "preact/hooks";
import type { MetaFile, Plan } from "../../../src/index.js";
import type { Say } from "../parts/announcer.js";
import { ErrorNote } from "../parts/error-note.js";
import { NodeLink } from "../parts/node-link.js";
import { Select } from "../parts/select.js";
import { VirtualList } from "../parts/virtual-list.js";
import { listObjects, type Database, type Listed } from "../state/database.js";
import { filtered } from "../state/filter.js";
import { useNarrow } from "../state/narrow.js";
import { useLatest, useTask } from "../state/task.js";
import { deletable, parseNode, shortKey } from "../text/nodes.js";
import { bytes, count, plural } from "../text/numbers.js";
import { fromField, later, toField } from "../text/times.js";

const versions = ["1.6", "1.7", "2.0", "2.1", "2.2", "2.3", "2.4"];

/** What a collection would remove if this were deleted, then, by another version. */
export function WhatIf({ database, say }: { database: Database; say: Say }) {
  const [deleted, setDeleted] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(database.at);
  const [containerd, setContainerd] = useState(database.top.containerd);
  const view = useView(database, at, containerd);
  const { value: plan, busy, error } = useLatest(async (signal) => (await view).plan({ deleted: [...deleted], signal }), [view, deleted]);
  const changed = deleted.size > 0 || at !== database.at || containerd !== database.top.containerd;
  useEffect(() => {
    if (changed && plan !== undefined && !busy) {
      say(`Would remove ${plural(plan.removed.length, "object")}, ${bytes(plan.removedBytes)}.`);
    }
  }, [plan, busy]);
  const toggle = (node: string) => setDeleted((before) => {
    const after = new Set(before);
    if (!after.delete(node)) {
      after.add(node);
    }
    return after;
  });
  const reset = () => { setDeleted(new Set()); setAt(database.at); setContainerd(database.top.containerd); };
  return (
    <article class="what-if">
      <div class="row">
        <h1>What if</h1>
        <button type="button" class="quiet" disabled={!changed} onClick={reset}>Start over</button>
      </div>
      <p class="lead">Delete in thought, move the time, choose another version: the file stays as it is.</p>
      <div class="controls">
        <label class="field">
          <span>Time of the collection, UTC</span>
          <input type="datetime-local" step="1" value={toField(at)} onInput={(event) => { const time = fromField(event.currentTarget.value); if (time !== undefined) setAt(time); }} />
        </label>
        <div class="nudges">
          {([["+1 day", 1], ["+1 week", 7], ["+1 year", 365]] as const).map(([label, days]) => <button key={label} type="button" class="quiet" onClick={() => setAt(later(at, days))}>{label}</button>)}
          <button type="button" class="quiet" onClick={() => setAt(database.at)} disabled={at === database.at}>As opened</button>
        </div>
        <Select seen label="containerd" value={containerd} onChange={setContainerd} options={versions.map((version) => [version, version] as const)} />
      </div>
      <section aria-label="The plan then" aria-busy={busy}>
        {error !== undefined && <ErrorNote error={error} what="This can't be planned" />}
        {error === undefined && plan !== undefined && <Figures before={database.plan} after={plan} changed={changed} />}
      </section>
      <div class="two">
        <Candidates database={database} deleted={deleted} onToggle={toggle} />
        <div class="side">{plan !== undefined && <Difference before={database.plan} after={plan} deleted={deleted} />}</div>
      </div>
    </article>
  );
}

/** The file at a time, for a version; the one that it was before is closed. */
function useView(database: Database, at: string, containerd: string): Promise<MetaFile> {
  const view = useMemo(() => database.assumed.view({ at, containerd }), [database, at, containerd]);
  useEffect(() => () => void view.then((file) => file.close()).catch(() => undefined), [view]);
  return view;
}

interface CandidatesProps {
  database: Database;
  deleted: ReadonlySet<string>;
  onToggle: (node: string) => void;
}

function Candidates({ database, deleted, onToggle }: CandidatesProps) {
  const task = useTask(() => listObjects(database), [database]);
  const narrow = useNarrow();
  const [text, setText] = useState("");
  const [kind, setKind] = useState("image");
  const objects = task.state === "done" ? task.value : [];
  const list = useMemo(() => candidates(objects, text, kind, deleted), [objects, text, kind, kind === "deleted" ? deleted : undefined]);
  return (
    <section class="objects" aria-label="What could be deleted">
      {task.state === "failed" && <ErrorNote error={task.error} what="The objects could not be listed" />}
      <div class="filters">
        <label class="search"><span class="unseen">Search</span><input type="search" placeholder="Search" value={text} spellcheck={false} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} /></label>
        <Select label="Kind" value={kind} onChange={setKind} options={[...deletable.map((name) => [name, `${name}s`.replace("contents", "content")] as const), ["deleted", `ticked (${deleted.size})`]]} />
      </div>
      <p class="hint" role="status">{plural(list.length, "object")}, {count(deleted.size)} ticked</p>
      <VirtualList items={list} rowHeight={44} rows={narrow ? 7 : 12} label="Delete" row={(object) => <Tick object={object} ticked={deleted.has(object.node)} onToggle={onToggle} />} />
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
        <span class="small">{name?.namespace}{object.bytes === undefined ? "" : ` · ${bytes(object.bytes)}`}{object.kept ? "" : " · would go anyway"}</span>
      </span>
    </label>
  );
}

function Figures({ before, after, changed }: { before: Plan; after: Plan; changed: boolean }) {
  if ((after.fails ?? "") !== "") {
    return <div class="note error"><p><strong>The collection would end with an error, and remove nothing.</strong></p><p>{after.fails}</p></div>;
  }
  const gain = after.removedBytes - before.removedBytes;
  const more = after.removed.length - before.removed.length;
  return (
    <div class="answer compact">
      <div class="figure goes">
        <p class="label">Would remove</p>
        <p class="value">{bytes(after.removedBytes)}</p>
        <p class="more">{plural(after.removed.length, "object")}{after.deleted === undefined ? "" : ` and ${count(after.deleted.length)} deleted`}</p>
      </div>
      <div class="figure">
        <p class="label">Against now</p>
        <p class="value">{signed(gain, bytes)}</p>
        <p class="more">{changed ? `${signed(more, count)} objects` : "nothing is changed yet"}</p>
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

function Difference({ before, after, deleted }: DifferenceProps) {
  const [more, less] = useMemo(() => {
    const [was, is] = [new Set(before.removed), new Set(after.removed)];
    return [after.removed.filter((node) => !was.has(node)), before.removed.filter((node) => !is.has(node) && !deleted.has(node))];
  }, [before, after]);
  return (
    <>
      {more.length + less.length === 0 && <p class="hint empty">Nothing else would go or stay. Tick what is to be deleted, or change the time or the version.</p>}
      <List title="Would go too" nodes={more} />
      <List title="Would stay instead" nodes={less} />
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
      <h2>{title} <span class="count">{count(nodes.length)}</span></h2>
      <VirtualList items={nodes} rowHeight={32} rows={9} label={title} row={(node) => <span class="line"><NodeLink node={node} /></span>} />
    </>
  );
}

/** The same question on the command line. */
function commandOf(plan: Plan) {
  const deleted = (plan.deleted ?? []).slice(0, 3).map((node) => ` --delete '${node.replaceAll("'", "'\\''")}'`).join("");
  const more = (plan.deleted?.length ?? 0) > 3 ? " …" : "";
  return <>On the command line: <code>holdfast plan meta.db --containerd {plan.containerd} --at {plan.at}{deleted}{more}</code></>;
}


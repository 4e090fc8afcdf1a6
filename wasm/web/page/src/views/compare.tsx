import { useEffect, useMemo, useState } from "preact/hooks";
import { Command } from "../parts/command.js";
import { Choice as Options } from "../parts/controls.js";
import { FileButton } from "../parts/files.js";
import { KindMark, NodeLink } from "../parts/node-link.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { VirtualList } from "../parts/virtual-list.js";
import { partOf, Working } from "../parts/working.js";
import {
  changeLines,
  compareWith,
  countChanges,
  newGarbage,
  swapped,
  type ChangeLine,
  type Comparison,
  type OtherFile,
  type Side,
} from "../state/comparison.js";
import type { Database } from "../state/database.js";
import type { PartProgress } from "../state/task.js";
import { quoted } from "../text/command.js";
import { count, plural, size } from "../text/format.js";
import { kinds, visible } from "../text/nodes.js";

interface Props {
  database: Database;
  /** The file to compare with; undefined until the user chooses one. */
  other: OtherFile | undefined;
  onOther: (other: OtherFile | undefined) => void;
  say: Say;
}

/** The end of a comparison with a file. */
type Outcome = { with: OtherFile } & ({ comparison: Comparison } | { error: unknown });

/** The differences between the open file and another one. */
export function Compare({ database, other, onOther, say }: Props) {
  const [outcome, setOutcome] = useState<Outcome>();
  const [progress, setProgress] = useState<PartProgress>();
  useEffect(() => {
    if (other === undefined || other === outcome?.with) {
      return;
    }
    const abort = new AbortController();
    const end = (outcome: Outcome) => {
      if (!abort.signal.aborted) {
        setProgress(undefined);
        setOutcome(outcome);
      }
    };
    compareWith(database, other, abort.signal, (progress) => abort.signal.aborted || setProgress(progress)).then(
      (comparison) => end({ with: other, comparison }),
      (error: unknown) => end({ with: other, error }),
    );
    return () => abort.abort();
  }, [database, other]);
  const cancel = () => {
    setProgress(undefined);
    onOther(outcome?.with); // ends the running comparison
    say("The comparison was cancelled.");
  };
  const choose = (name: string, file: Blob) => onOther({ name, file });
  const done = progress === undefined && outcome !== undefined && "comparison" in outcome ? outcome : undefined;
  return (
    <article class="compare" aria-busy={progress !== undefined}>
      <div class="row">
        <h1>Compare</h1>
        <div class="choices">
          <FileButton label="Choose a second file" primary={other === undefined} onFile={choose} />
          {done !== undefined && (
            <button type="button" onClick={() => setOutcome({ ...done, comparison: swapped(done.comparison) })}>
              Swap older and newer
            </button>
          )}
        </div>
      </div>
      {progress !== undefined ? (
        <Working {...progress} text={partOf(progress.part, progress.did, progress.of)} label="Progress of the comparison" onCancel={cancel} />
      ) : outcome === undefined ? (
        <p class="lead">
          Choose a second database, for example a copy from another day, to see which objects were added, removed and changed. You can
          also drop two files on the page.
        </p>
      ) : "error" in outcome ? (
        <ErrorNote error={outcome.error} title={`${outcome.with.name} cannot be compared`} />
      ) : (
        <Result comparison={outcome.comparison} />
      )}
    </article>
  );
}

function Result({ comparison }: { comparison: Comparison }) {
  const { older, newer, diff } = comparison;
  const counts = useMemo(() => countChanges(diff), [diff]);
  const total = diff.added.length + diff.removed.length + diff.changed.length + diff.outside.length;
  return (
    <>
      <p class="verdict">
        From <strong>{visible(older.name)}</strong> to <strong>{visible(newer.name)}</strong>:{" "}
        {total === 0
          ? "the databases have the same objects."
          : `${count(diff.added.length)} added, ${count(diff.removed.length)} removed, ${count(diff.changed.length)} changed${
              diff.outside.length > 0 ? `, and ${plural(diff.outside.length, "change")} outside of objects` : ""
            }.`}
      </p>
      <section class="card">
        <Collections older={older} newer={newer} />
      </section>
      {counts.length > 0 && (
        <section class="card scroller" tabIndex={0} role="region" aria-label="Differences by kind and namespace">
          <table class="counts">
            <caption>Differences by kind and namespace</caption>
            <thead>
              <tr>
                <th scope="col">Kind and namespace</th>
                {["Added", "Removed", "Changed"].map((title) => (
                  <th key={title} scope="col" class="number">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {counts.map(({ kind, namespace, added, removed, changed }) => (
                <tr key={`${kind}/${namespace}`}>
                  <th scope="row">
                    {kinds.some((known) => known === kind) ? <KindMark kind={kind as (typeof kinds)[number]} /> : kind} {namespace}
                  </th>
                  <td class="number">{count(added)}</td>
                  <td class="number">{count(removed)}</td>
                  <td class="number">{count(changed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {total > 0 && <Lines comparison={comparison} />}
      <h2>The comparison as a command</h2>
      <Command label="command of the comparison" text={`holdfast diff ${quoted(older.name)} ${quoted(newer.name)} -v`} />
    </>
  );
}

/** What a collection would remove in each of the databases. */
function Collections({ older, newer }: { older: Side; newer: Side }) {
  const [was, is] = [new Set(older.plan.removed), new Set(newer.plan.removed)];
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label="Collections">
      <table class="collections">
        <caption>A collection would remove</caption>
        <thead>
          <tr>
            <th scope="col">Database</th>
            <th scope="col" class="number">
              Objects
            </th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Only in this one
            </th>
          </tr>
        </thead>
        <tbody>
          {[
            { side: older, others: is, role: "older" },
            { side: newer, others: was, role: "newer" },
          ].map(({ side: { name, plan }, others, role }) => (
            <tr key={role}>
              <th scope="row">
                {visible(name)} <span class="small">{role}</span>
              </th>
              {(plan.fails ?? "") !== "" ? (
                <td colSpan={3}>fails: {plan.fails}</td>
              ) : (
                <>
                  <td class="number">{count(plan.removedBytes < 0 ? -1 : plan.removed.length)}</td>
                  <td class="number">{size(plan.removedBytes, plan.unsizedSnapshots)}</td>
                  <td class="number">{count(plan.removed.filter((node) => !others.has(node)).length)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const choices = [
  ["all", "All"],
  ["added", "Added"],
  ["removed", "Removed"],
  ["changed", "Changed"],
  ["garbage", "New garbage"],
] as const;

type Choice = (typeof choices)[number][0];

const marks: Record<ChangeLine["how"], string> = { added: "+", removed: "−", changed: "~", garbage: "×" };

/** The list of all differences, or of one sort. */
function Lines({ comparison }: { comparison: Comparison }) {
  const { older, newer, diff } = comparison;
  const [shown, setShown] = useState<Choice>("all");
  const all = useMemo(() => changeLines(diff), [diff]);
  const garbage = useMemo(() => newGarbage(comparison), [comparison]);
  const lines = useMemo(
    () => (shown === "all" ? all : shown === "garbage" ? garbage : all.filter(({ how }) => how === shown)),
    [all, garbage, shown],
  );
  const added = useMemo(() => new Set(diff.added), [diff]);
  /** Returns true for an object of the open file, which Explore can show. */
  const explorable = ({ how, node }: ChangeLine) =>
    how === "changed" || (how === "garbage" ? newer.open || !added.has(node) : (how === "removed") === older.open);
  return (
    <section class="card">
      <div class="row">
        <h2>
          Differences <span class="count">{count(lines.length)}</span>
        </h2>
        <Options label="Which differences" value={shown} onChange={setShown} options={choices} />
      </div>
      <VirtualList
        items={lines}
        rowHeight={52}
        rows={10}
        label="Differences"
        row={(line) => (
          <div class={`found changed ${line.how}`}>
            <span>
              <span aria-hidden="true">{marks[line.how]}</span> <span class="unseen">{line.how}</span>{" "}
              {line.node === "" ? "outside of objects" : explorable(line) ? <NodeLink node={line.node} /> : visible(line.node)}
            </span>
            {line.text !== "" && (
              <span class="detail" title={line.text}>
                {visible(line.text)}
              </span>
            )}
          </div>
        )}
      />
    </section>
  );
}

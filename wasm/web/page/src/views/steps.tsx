import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Diff, FieldChange } from "../../../src/index.js";
import { ErrorNote } from "../parts/notes.js";
import { ListBox } from "../parts/list-box.js";
import { valueText } from "../state/comparison.js";
import { useNarrow } from "../state/media.js";
import type { Moment, Recording, Step } from "../state/replay.js";
import { useLatest } from "../state/task.js";
import { count, plural } from "../text/format.js";

interface Props {
  recording: Recording;
  shown: boolean;
  onOpen: (name: string, file: Blob) => void;
}

/** The steps of a recording, and the state of the node after the chosen one. */
export function Steps({ recording, shown, onOpen }: Props) {
  const narrow = useNarrow();
  const [at, setAt] = useState(recording.length > 0 ? 1 : 0);
  const moment = useLatest(() => recording.to(at), [recording, at]);
  const go = (to: number) => setAt(Math.max(0, Math.min(to, recording.length)));
  useArrows(shown, (step) => setAt((before) => Math.max(0, Math.min(before + step, recording.length))));
  const open = async () => onOpen(`step-${at}.db`, new Blob([(await recording.save(at)) as BlobPart]));
  const step = recording.steps[at - 1];
  return (
    <>
      <div class="player" role="group" aria-label="Steps">
        <Move label="First" path="M6 5v14M19 5 9 12l10 7Z" disabled={at === 0} onMove={() => go(0)} />
        <Move label="Back" path="M17 5 7 12l10 7Z" disabled={at === 0} onMove={() => go(at - 1)} />
        <Move label="Forward" path="M7 5l10 7-10 7Z" disabled={at === recording.length} onMove={() => go(at + 1)} />
        <Move
          label="Last"
          path="M18 5v14M5 5l10 7-10 7Z"
          disabled={at === recording.length}
          onMove={() => go(recording.length)}
        />
        <label class="slider">
          <span class="unseen">Step</span>
          <input
            type="range"
            min={0}
            max={recording.length}
            value={at}
            onInput={(event) => go(event.currentTarget.valueAsNumber)}
          />
        </label>
        <p class="position">
          Step {count(at)} of {count(recording.length)} <span class="hint">← → keys</span>
        </p>
      </div>
      <div class="two">
        <ListBox
          items={recording.steps}
          rowHeight={40}
          rows={narrow ? 6 : 14}
          label="Calls"
          chosen={at - 1}
          onChoose={(index) => go(index + 1)}
          row={(item, index) => <Row step={item} number={index + 1} />}
        />
        <div class="side" aria-busy={moment.busy}>
          {step === undefined ? <p class="hint">Before the first call.</p> : <Call step={step} />}
          {moment.error !== undefined && <ErrorNote error={moment.error} title="The step failed" />}
          {moment.value !== undefined && <State moment={moment.value} onOpen={open} />}
        </div>
      </div>
    </>
  );
}

function Move({ label, path, disabled, onMove }: { label: string; path: string; disabled: boolean; onMove: () => void }) {
  return (
    <button type="button" class="icon move" aria-label={label} title={label} disabled={disabled} onClick={onMove}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}

/** Steps with the left and right arrow keys, except in fields that use them. */
function useArrows(shown: boolean, onStep: (by: number) => void): void {
  useEffect(() => {
    if (!shown) {
      return;
    }
    const press = (event: KeyboardEvent) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const reserved =
        event.target instanceof HTMLInputElement ||
        event.target instanceof HTMLSelectElement ||
        event.altKey ||
        event.ctrlKey ||
        event.metaKey;
      if (by !== undefined && !reserved) {
        event.preventDefault();
        onStep(by);
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [shown]);
}

function Row({ step, number }: { step: Step; number: number }) {
  const { op, result } = step;
  return (
    <>
      <span class="step">{count(number)}</span>
      <span class="line">
        <code>{op.op}</code> <span class="args">{argsOf(step)}</span>
      </span>
      {result.code !== "ok" && <span class="code">{result.code}</span>}
    </>
  );
}

/** The arguments of a call on one line. */
function argsOf({ op }: Step): string {
  const { op: _, ...rest } = op;
  return Object.entries(rest)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

function Call({ step }: { step: Step }) {
  const { op: name, ...args } = step.op;
  return (
    <section aria-label="The call">
      <h2>
        <code>{name}</code> <span class="count">line {count(step.line)}</span>
      </h2>
      <pre tabIndex={0} aria-label="Arguments">
        {JSON.stringify(args, null, 2)}
      </pre>
      <h3>
        Result: <span class={step.result.code === "ok" ? "code fine" : "code"}>{step.result.code}</span>
      </h3>
      {step.result.error !== undefined && <p class="fault">{step.result.error}</p>}
      {step.result.value !== undefined && (
        <pre tabIndex={0} aria-label="Value">
          {short(JSON.stringify(step.result.value, null, 2))}
        </pre>
      )}
    </section>
  );
}

const shownMax = 20_000;

function short(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}\n… ${plural(text.length - shownMax, "more character")}`;
}

function State({ moment, onOpen }: { moment: Moment; onOpen: () => void }) {
  return (
    <section aria-label="State after the call">
      <h3>Changes to the database</h3>
      {moment.diff === undefined ? <p class="hint">None yet.</p> : <Changes diff={moment.diff} />}
      <h3>Hash of the node</h3>
      <p class="hash">
        <code>{moment.hash}</code>
      </p>
      <button type="button" class="quiet" onClick={onOpen}>
        Open this database
      </button>
    </section>
  );
}

const listedMax = 200;

function Changes({ diff }: { diff: Diff }) {
  const fields = [
    ...diff.changed.flatMap(({ node, fields }) => fields.map((field) => ({ node, field }))),
    ...diff.outside.map((field) => ({ node: "", field })),
  ];
  if (diff.added.length + diff.removed.length + fields.length === 0) {
    return <p class="hint">None.</p>;
  }
  return (
    <ul class="changes">
      {diff.added.slice(0, listedMax).map((node) => (
        <Change key={`+${node}`} how="added" mark="+">
          {node}
        </Change>
      ))}
      {diff.removed.slice(0, listedMax).map((node) => (
        <Change key={`-${node}`} how="removed" mark="−">
          {node}
        </Change>
      ))}
      {fields.slice(0, listedMax).map(({ node, field }) => (
        <Change key={`~${node} ${field.field}`} how="changed" mark="~">
          {node} <Field change={field} />
        </Change>
      ))}
    </ul>
  );
}

function Change({ how, mark, children }: { how: string; mark: string; children: ComponentChildren }) {
  return (
    <li class={how}>
      <span aria-hidden="true">{mark}</span>
      <div>
        <span class="unseen">{how}</span> {children}
      </div>
    </li>
  );
}

function Field({ change }: { change: FieldChange }) {
  return (
    <span class="field">
      <code>{change.field}</code>: {valueText(change.from)} → {valueText(change.to)}
    </span>
  );
}

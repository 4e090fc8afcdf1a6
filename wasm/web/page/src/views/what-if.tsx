import { ErrorNote } from "../parts/notes.js";
import { Command, Deletion } from "../parts/command.js";
import { Select } from "../parts/controls.js";
import { planning, Recomputing } from "../parts/working.js";
import { periods, versions, type Hypothesis } from "../state/assumptions.js";
import type { Database } from "../state/database.js";
import { planCommand } from "../text/command.js";
import { fromField, later, toField } from "../text/format.js";
import { Candidates } from "./candidates.js";
import { Difference, Figures } from "./difference.js";
import { Expiries } from "./expiries.js";
import { Selected } from "./selected.js";

/** A hypothetical plan: with objects deleted, at another time, or for another version of containerd. */
export function WhatIf({ database, hypothesis }: { database: Database; hypothesis: Hypothesis }) {
  const { deleted, at, containerd, period, until, moved, changed, change, toggle, add, reset, cancel, plan, busy, error, commands } = hypothesis;
  return (
    <article class="what-if">
      <div class="row">
        <h1>What if</h1>
        <button type="button" class="quiet" disabled={!changed} onClick={reset}>
          Reset
        </button>
      </div>
      <p class="lead">
        Assume that holders, namespaces or objects are deleted, or change the time or the version. The file stays unchanged.
      </p>
      <div class="controls">
        <label class="field">
          <span>Time of the collection, UTC</span>
          <input
            type="datetime-local"
            step="1"
            value={toField(at)}
            onInput={(event) => {
              const time = fromField(event.currentTarget.value);
              if (time !== undefined) change({ at: time });
            }}
          />
        </label>
        <div class="nudges">
          {(
            [
              ["+1 day", 1],
              ["+1 week", 7],
              ["+1 year", 365],
            ] as const
          ).map(([label, days]) => (
            <button key={label} type="button" class="quiet" onClick={() => change({ at: later(at, days) })}>
              {label}
            </button>
          ))}
          <button type="button" class="quiet" onClick={() => change({ at: database.at })} disabled={at === database.at}>
            Reset time
          </button>
        </div>
        <Select
          labelled
          label="containerd"
          value={containerd}
          onChange={(containerd) => change({ containerd })}
          options={versions.map((version) => [version, version] as const)}
        />
      </div>
      <Recomputing busy={busy} {...planning} onCancel={cancel}>
        <section aria-label="Hypothetical plan" aria-busy={busy}>
          {error !== undefined && <ErrorNote error={error} title="The plan failed" />}
          {error === undefined && plan !== undefined && <Figures before={database.plan} after={plan} changed={changed} moved={moved} />}
        </section>
      </Recomputing>
      <Selected deleted={deleted} onToggle={toggle} onAdd={add} />
      <div class="two">
        <Candidates database={database} deleted={deleted} onToggle={toggle} />
        <div class="side">
          {plan !== undefined && <Difference before={database.plan} after={plan} />}
          {commands !== "" && (
            <>
              <h2>The deletion as commands</h2>
              <Deletion label="commands of the deletion" commands={commands} />
            </>
          )}
          <h2>The plan as a command</h2>
          <Command label="command of the plan" text={planCommand(database.name, { containerd, at, salvage: database.salvage, until, deleted: [...deleted] })} />
        </div>
      </div>
      <section class="card" aria-label="Expiries">
        <div class="row">
          <h2>Expiries</h2>
          <Select label="Expiries" value={period} onChange={(period) => change({ period })} options={periods} />
        </div>
        {plan !== undefined && <Expiries plan={plan} />}
      </section>
    </article>
  );
}

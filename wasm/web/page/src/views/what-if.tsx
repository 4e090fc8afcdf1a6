import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MetaFile } from "../../../src/index.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { Command } from "../parts/command.js";
import { Select } from "../parts/controls.js";
import type { Database } from "../state/database.js";
import { replaceQuery } from "../state/route.js";
import { useLatest } from "../state/task.js";
import { planCommand } from "../text/command.js";
import { deletionCommands } from "../text/remedies.js";
import { fromField, later, plural, size, toField } from "../text/format.js";
import { Candidates } from "./candidates.js";
import { Difference, Figures } from "./difference.js";
import { Expiries } from "./expiries.js";
import { Selected } from "./selected.js";

const versions = ["1.6", "1.7", "2.0", "2.1", "2.2", "2.3", "2.4"];

/** The longest query that the URL gets. More assumptions are not in the URL. */
const queryMax = 16_000;

/** The periods in which to list expiries: the days and their description. */
const periods = [
  ["", "the next one"],
  ["1", "within 1 day"],
  ["7", "within 7 days"],
  ["30", "within 30 days"],
  ["365", "within 1 year"],
] as const;

type Period = (typeof periods)[number][0];

interface Props {
  database: Database;
  /** The assumptions in the URL; undefined while another view is shown. */
  query: string | undefined;
  say: Say;
}

/** A hypothetical plan: with objects deleted, at another time, or for another version of containerd. */
export function WhatIf({ database, query, say }: Props) {
  const [deleted, setDeleted] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(database.at);
  const [containerd, setContainerd] = useState(database.basis.containerd);
  const [period, setPeriod] = useState<Period>("");
  const defaults: Assumptions = { deleted: new Set(), at: database.at, containerd: database.basis.containerd, period: "" };
  const text = queryOf({ deleted, at, containerd, period }, defaults);
  useEffect(() => {
    if (query !== undefined && query !== "" && query !== text) {
      const asked = assumptionsOf(query, defaults);
      setDeleted(asked.deleted);
      setAt(asked.at);
      setContainerd(asked.containerd);
      setPeriod(asked.period);
    }
  }, [query]);
  const adopted = useRef(false);
  useEffect(() => {
    if (query !== undefined && (adopted.current || query === "")) {
      replaceQuery("what-if", text.length <= queryMax ? text : "");
    }
    adopted.current = true; // the first time, the URL is adopted
  }, [text, query]);
  const view = useView(database, at, containerd);
  const until = period === "" ? undefined : later(at, Number(period));
  const {
    value: plan,
    busy,
    error,
  } = useLatest(
    async (signal) => (await view).plan({ deleted: [...deleted], until, signal }),
    [view, deleted, until],
  );
  const deletion = useMemo(() => deletionCommands(plan?.deleted ?? [], database.accounting.holders).join("\n"), [plan, database]);
  const moved = at !== database.at || containerd !== database.basis.containerd;
  const changed = deleted.size > 0 || moved;
  useEffect(() => {
    if (changed && plan !== undefined && !busy) {
      const freed = size(plan.removedBytes, plan.unsizedSnapshots);
      say(`A collection would remove ${plural(plan.removed.length, "object")}, ${freed}.`);
    }
  }, [plan, busy]);
  const toggle = (selection: string) =>
    setDeleted((before) => {
      const after = new Set(before);
      if (!after.delete(selection)) {
        after.add(selection);
      }
      return after;
    });
  const add = async (selection: string) => {
    await (await view).plan({ deleted: [selection] });
    setDeleted((before) => new Set(before).add(selection));
  };
  const reset = () => {
    setDeleted(new Set());
    setAt(database.at);
    setContainerd(database.basis.containerd);
  };
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
              if (time !== undefined) setAt(time);
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
            <button key={label} type="button" class="quiet" onClick={() => setAt(later(at, days))}>
              {label}
            </button>
          ))}
          <button type="button" class="quiet" onClick={() => setAt(database.at)} disabled={at === database.at}>
            Reset time
          </button>
        </div>
        <Select
          labelled
          label="containerd"
          value={containerd}
          onChange={setContainerd}
          options={versions.map((version) => [version, version] as const)}
        />
      </div>
      <section aria-label="Hypothetical plan" aria-busy={busy}>
        {error !== undefined && <ErrorNote error={error} title="The plan failed" />}
        {error === undefined && plan !== undefined && <Figures before={database.plan} after={plan} changed={changed} moved={moved} />}
      </section>
      <Selected deleted={deleted} onToggle={toggle} onAdd={add} />
      <div class="two">
        <Candidates database={database} deleted={deleted} onToggle={toggle} />
        <div class="side">
          {plan !== undefined && <Difference before={database.plan} after={plan} />}
          {deletion !== "" && (
            <>
              <h2>The deletion as commands</h2>
              <Command label="commands of the deletion" text={deletion} />
              <p class="hint">Run them on the node. containerd collects after a deletion.</p>
            </>
          )}
          <h2>The plan as a command</h2>
          <Command label="command of the plan" text={planCommand(database.name, { containerd, at, salvage: database.salvage, until, deleted: [...deleted] })} />
        </div>
      </div>
      <section class="card" aria-label="Expiries">
        <div class="row">
          <h2>Expiries</h2>
          <Select label="Expiries" value={period} onChange={setPeriod} options={periods} />
        </div>
        {plan !== undefined && <Expiries plan={plan} />}
      </section>
    </article>
  );
}

/** The assumptions of a hypothetical plan. */
interface Assumptions {
  deleted: ReadonlySet<string>;
  at: string;
  containerd: string;
  period: Period;
}

/** Returns the assumptions as a query of a URL, without defaults. */
function queryOf({ deleted, at, containerd, period }: Assumptions, defaults: Assumptions): string {
  const query = new URLSearchParams([...deleted].map((selection) => ["delete", selection]));
  if (at !== defaults.at) {
    query.set("at", at);
  }
  if (containerd !== defaults.containerd) {
    query.set("containerd", containerd);
  }
  if (period !== defaults.period) {
    query.set("days", period);
  }
  return query.toString();
}

/** Parses the query of a URL. Invalid values are ignored. */
function assumptionsOf(text: string, defaults: Assumptions): Assumptions {
  const query = new URLSearchParams(text);
  const time = new Date(query.get("at") ?? "");
  return {
    deleted: new Set(query.getAll("delete")),
    at: Number.isNaN(time.getTime()) ? defaults.at : time.toISOString(),
    containerd: versions.find((version) => version === query.get("containerd")) ?? defaults.containerd,
    period: periods.find(([days]) => days === query.get("days"))?.[0] ?? defaults.period,
  };
}

/** Returns the file for a time and a version, and closes the previous one. */
function useView(database: Database, at: string, containerd: string): Promise<MetaFile> {
  const view = useMemo(() => database.assumed.view({ at, containerd }), [database, at, containerd]);
  useEffect(() => () => void view.then((file) => file.close()).catch(() => undefined), [view]);
  return view;
}

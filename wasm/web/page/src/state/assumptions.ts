import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MetaFile, Plan } from "../../../src/index.js";
import { later } from "../text/format.js";
import { deletionCommands } from "../text/remedies.js";
import type { Database } from "./database.js";
import { needsFile, parseRoute, replaceQuery, type Route } from "./route.js";
import { useLatest } from "./task.js";

/** The versions of containerd that a plan can assume. */
export const versions = ["1.6", "1.7", "2.0", "2.1", "2.2", "2.3", "2.4"];

/** The periods in which to list expiries: the days and their description. */
export const periods = [
  ["", "the next one"],
  ["1", "within 1 day"],
  ["7", "within 7 days"],
  ["30", "within 30 days"],
  ["365", "within 1 year"],
] as const;

/** The assumptions of a hypothetical plan. */
export interface Assumptions {
  /** The selections that are assumed deleted: nodes, holders, namespaces and patterns. */
  deleted: ReadonlySet<string>;
  at: string;
  containerd: string;
  period: (typeof periods)[number][0];
}

/** The assumptions of all views of a file, and the plan under them. */
export interface Hypothesis extends Assumptions {
  /** The end of the period; undefined for the next expiry. */
  until: string | undefined;
  /** The time or the version differs from the file's. */
  moved: boolean;
  /** Anything is assumed. */
  changed: boolean;
  change: (part: Partial<Assumptions>) => void;
  /** Deletes the selections, or keeps all of them if all are deleted. */
  toggle: (...selections: string[]) => void;
  /** Deletes a selection. Rejects if it selects nothing, or if it is cancelled. */
  add: (selection: string, signal: AbortSignal) => Promise<void>;
  reset: () => void;
  /** Returns to the assumptions of the latest plan, while the next one is computed. */
  cancel: () => void;
  /** The latest plan; while `busy`, it is that of earlier assumptions. */
  plan: Plan | undefined;
  busy: boolean;
  error: unknown;
  /** The commands of the deletion, one per line. */
  commands: string;
}

/** The longest query that the URL gets. More assumptions are not in the URL. */
const queryMax = 16_000;

/** Keeps the assumptions about a file, which the URL has too, and computes the plan under them. */
export function useHypothesis(database: Database, route: Route): Hypothesis {
  const defaults: Assumptions = { deleted: new Set(), at: database.at, containerd: database.basis.containerd, period: "" };
  const [assumptions, setAssumptions] = useState(() => assumptionsOf(sharedQuery(parseRoute(location.hash)) ?? "", defaults));
  const change = (part: Partial<Assumptions>) => setAssumptions((before) => ({ ...before, ...part }));
  const { deleted, at, containerd, period } = assumptions;

  const text = queryOf(assumptions, defaults);
  useEffect(() => {
    const asked = sharedQuery(parseRoute(location.hash)); // `route` can be older: a new file changes the URL
    if (asked !== undefined && asked !== "" && asked !== text) {
      setAssumptions(assumptionsOf(asked, defaults));
    }
  }, [route]);
  useEffect(() => {
    const shown = parseRoute(location.hash);
    if (sharedQuery(shown) !== undefined && shown.view === route.view) { // otherwise the route will change
      replaceQuery(shown, text.length <= queryMax ? text : "");
    }
  }, [text, route]);

  const moved = at !== database.at || containerd !== database.basis.containerd;
  const changed = deleted.size > 0 || moved;
  const file = useFile(database, moved, at, containerd);
  const until = period === "" ? undefined : later(at, Number(period));
  const latest = useRef<{ assumptions: Assumptions; plan: Plan } | undefined>(undefined);
  const { value: plan, busy, error } = useLatest(async (signal) => {
    if (latest.current?.assumptions === assumptions) {
      return latest.current.plan; // the next plan was cancelled
    }
    const plan = changed || until !== undefined ? await (await file).plan({ deleted: [...deleted], until, signal }) : unchanged(database);
    if (!signal.aborted) {
      latest.current = { assumptions, plan };
    }
    return plan;
  }, [file, deleted, until]);
  const commands = useMemo(() => (plan?.deleted === undefined ? "" : deletionCommands(plan.deleted, database.accounting.holders).join("\n")), [plan, database]);

  const toggle = (...selections: string[]) =>
    setAssumptions((before) => {
      const after = new Set(before.deleted);
      const all = selections.every((selection) => after.has(selection));
      selections.forEach((selection) => (all ? after.delete(selection) : after.add(selection)));
      return { ...before, deleted: after };
    });
  const add = async (selection: string, signal: AbortSignal) => {
    await (await file).plan({ deleted: [selection], signal });
    setAssumptions((before) => ({ ...before, deleted: new Set(before.deleted).add(selection) }));
  };
  const reset = () => change({ deleted: new Set(), at: database.at, containerd: database.basis.containerd });
  const cancel = () => setAssumptions(latest.current?.assumptions ?? defaults);
  return { ...assumptions, until, moved, changed, change, toggle, add, reset, cancel, plan, busy, error, commands };
}

/** The plan of the file without assumptions. */
function unchanged({ plan, planError }: Database): Plan {
  if (planError !== undefined) {
    throw planError;
  }
  return plan;
}

/** Returns the file for a time and a version, and closes it when they change. */
function useFile(database: Database, moved: boolean, at: string, containerd: string): Promise<MetaFile> {
  const file = useMemo(
    () => (moved ? database.assumed.view({ at, containerd }) : Promise.resolve(database.explicit)),
    [database, moved, at, containerd],
  );
  useEffect(() => () => void (moved && file.then((view) => view.close()).catch(() => undefined)), [file]);
  return file;
}

/** The query of a view of the file, which has the assumptions; undefined for another view. */
function sharedQuery({ view, query }: Route): string | undefined {
  return view !== "start" && needsFile(view) ? query : undefined;
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

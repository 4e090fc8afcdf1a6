import { useEffect, useRef, useState } from "preact/hooks";
import { HoldfastError, type Progress, type StudyProgress } from "../../../src/index.js";
import type { Say } from "../parts/announcer.js";
import { ErrorNote } from "../parts/error-note.js";
import type { Database } from "../state/database.js";
import { aside } from "../state/instances.js";
import { advanced, finished, profiles, studyOf, type Run, type Wanted } from "../state/study.js";
import { percent, plural } from "../text/numbers.js";
import { Compared } from "./compared.js";
import { StudyForm } from "./study-form.js";

type Told = Progress<StudyProgress>;

const beginning: Wanted = { profile: "k8s-node", days: 30, seeds: 2, seed: 1, from: false, policies: profiles[0].policies };

/** Policies of collecting and releasing, compared on a load while one watches. */
export function Simulate({ database, say }: { database: Database | undefined; say: Say }) {
  const [wanted, setWanted] = useState(beginning);
  const [run, setRun] = useState<Run>();
  const [earlier, setEarlier] = useState<readonly Run[]>([]);
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const running = run !== undefined && run.result === undefined && run.stopped !== true && run.error === undefined;

  const begin = async () => {
    const mine = new AbortController();
    abort.current = mine;
    const begun: Run = { number: (run?.number ?? 0) + 1, wanted, done: 0, at: "", lines: [] };
    if (run?.result !== undefined) {
      setEarlier((before) => [run, ...before]);
    }
    setRun(begun);
    say(`Run ${begun.number} has begun.`);
    const change = (to: (before: Run) => Run) => setRun((before) => (before?.number === begun.number ? to(before) : before));
    try {
      const study = {
        ...studyOf(wanted),
        signal: mine.signal,
        onProgress: ({ did, of, progress }: Told) => change((before) => advanced(before, did, of, progress)),
      };
      const from = wanted.from ? database : undefined;
      const result = await aside(async (holdfast) => {
        if (from === undefined) {
          return holdfast.compare(study);
        }
        const node = await holdfast.open({ bytes: from.file, rules: from.top.containerd, now: from.at });
        return node.compare(study);
      }, mine.signal);
      change((before) => finished(before, result));
      say(`Run ${begun.number} is done.`);
    } catch (error) {
      const stopped = mine.signal.aborted || (error instanceof HoldfastError && error.code === "canceled");
      change((before) => (stopped ? { ...before, stopped } : { ...before, error }));
      say(stopped ? `Run ${begun.number} was stopped.` : `Run ${begun.number} failed.`);
    }
  };

  return (
    <article class="simulate">
      <h1>Simulate</h1>
      <p class="lead">
        Nodes in memory pull, run and build under a load, and collect garbage by the policies you choose. All have the same loads.
      </p>
      <div class="two">
        <StudyForm
          database={database?.name}
          wanted={wanted}
          onChange={setWanted}
          running={running}
          onRun={begin}
          onStop={() => abort.current?.abort()}
        />
        <div class="side">
          {run === undefined && (
            <p class="hint empty">Choose a load and policies, and run them: what the disk holds is drawn here as they go.</p>
          )}
          {run !== undefined && (
            <>
              <div class="progress">
                <progress max={1} value={run.done} aria-label="Progress of the run" />
                <p class={run.result !== undefined ? "hint done" : "hint"}>
                  Run {run.number}: {statusOf(run)}
                </p>
              </div>
              {run.error !== undefined && (
                <ErrorNote error={run.error} what="The run failed" otherwise="Change what it names, and run again." />
              )}
              {run.lines.length > 0 && <Compared run={run} earlier={earlier} />}
            </>
          )}
        </div>
      </div>
    </article>
  );
}

function statusOf(run: Run): string {
  if (run.result !== undefined) {
    return `${run.wanted.profile}, ${plural(run.wanted.days, "day")}, ${plural(run.wanted.seeds, "node")} each: done.`;
  }
  if (run.error !== undefined) {
    return "failed.";
  }
  return `${percent(run.done, 1)}${run.at === "" ? "" : `, ${run.at}`}${run.stopped === true ? ": stopped." : "…"}`;
}

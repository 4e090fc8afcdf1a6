import { useEffect, useRef, useState } from "preact/hooks";
import { HoldfastError, type Progress, type StudyProgress } from "../../../src/index.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import type { Database } from "../state/database.js";
import { withInstance } from "../state/instances.js";
import { loadName, profiles, studyOf, withProgress, withResult, type Run, type Settings } from "../state/study.js";
import { percent, plural } from "../text/format.js";
import { Results } from "./results.js";
import { StudyForm } from "./study-form.js";

const defaults: Settings = {
  profile: "k8s-node",
  days: 30,
  seeds: 2,
  seed: 1,
  fromDatabase: false,
  policies: profiles[0].policies,
};

/** Compares GC policies on simulated nodes. */
export function Simulate({ database, say }: { database: Database | undefined; say: Say }) {
  const [settings, setSettings] = useState(defaults);
  const [run, setRun] = useState<Run>();
  const [earlier, setEarlier] = useState<readonly Run[]>([]);
  const abort = useRef<AbortController | undefined>(undefined);
  const before = useRef<{ run: Run | undefined; earlier: readonly Run[] }>({ run: undefined, earlier: [] });
  useEffect(() => () => abort.current?.abort(), []);
  const running = run !== undefined && run.result === undefined && run.stopped !== true && run.error === undefined;

  const begin = async () => {
    const mine = new AbortController();
    abort.current = mine;
    before.current = { run, earlier };
    const begun: Run = { number: (run?.number ?? 0) + 1, settings, done: 0, position: "", lines: [] };
    if (run?.result !== undefined) {
      setEarlier([run, ...earlier]);
    }
    setRun(begun);
    say(`Run ${begun.number} started.`);
    const change = (to: (before: Run) => Run) => {
      if (abort.current === mine) {
        setRun((before) => (before === undefined ? before : to(before)));
      }
    };
    try {
      const study = {
        ...studyOf(settings),
        signal: mine.signal,
        onProgress: ({ did, of, progress }: Progress<StudyProgress>) =>
          change((before) => withProgress(before, did, of, progress)),
      };
      const from = settings.fromDatabase ? database : undefined;
      const result = await withInstance(async (holdfast) => {
        if (from === undefined) {
          return holdfast.compare(study);
        }
        const node = await holdfast.open({ bytes: from.file, rules: from.basis.containerd, now: from.at });
        return node.compare(study);
      }, mine.signal);
      change((before) => withResult(before, result));
      say(`Run ${begun.number} is done.`);
    } catch (error) {
      if (abort.current !== mine) {
        return; // cancelled
      }
      const stopped = mine.signal.aborted || (error instanceof HoldfastError && error.code === "canceled");
      change((before) => (stopped ? { ...before, stopped } : { ...before, error }));
      say(stopped ? `Run ${begun.number} was stopped.` : `Run ${begun.number} failed.`);
    }
  };

  /** Drops the run and shows what the page showed before it. */
  const cancel = () => {
    abort.current?.abort();
    abort.current = undefined;
    setRun(before.current.run);
    setEarlier(before.current.earlier);
    say(`Run ${run?.number} was cancelled.`);
  };

  return (
    <article class="simulate">
      <h1>Simulate</h1>
      <p class="lead">
        Compares garbage collection policies. Simulated nodes pull images, run containers and build. All policies get the same load.
      </p>
      <div class="two">
        <StudyForm
          database={database?.name}
          settings={settings}
          onChange={setSettings}
          running={running}
          onRun={begin}
          onStop={() => abort.current?.abort()}
        />
        <div class="side">
          {run === undefined && (
            <p class="hint empty">Choose a load and policies, then run the study. The chart shows the disk use during the run.</p>
          )}
          {run !== undefined && (
            <>
              <div class="progress">
                <progress max={1} value={run.done} aria-label="Progress of the run" />
                <p class={run.result !== undefined ? "hint done" : "hint"}>
                  Run {run.number}: {statusOf(run)}
                </p>
                {running && (
                  <button type="button" class="quiet" title="Drops this run. Stop keeps the part that is done." onClick={cancel}>
                    Cancel
                  </button>
                )}
              </div>
              {run.error !== undefined && (
                <ErrorNote error={run.error} title="The run failed" fallback="Correct the input and run again." />
              )}
              {run.lines.length > 0 && <Results run={run} earlier={earlier} />}
            </>
          )}
        </div>
      </div>
    </article>
  );
}

function statusOf(run: Run): string {
  if (run.result !== undefined) {
    const { days, seeds } = run.settings;
    return `${loadName(run.settings)}, ${plural(days, "day")}, ${plural(seeds, "node")} per policy: done.`;
  }
  if (run.error !== undefined) {
    return "failed.";
  }
  return `${percent(run.done, 1)}${run.position === "" ? "" : `, ${run.position}`}${run.stopped === true ? ": stopped." : "…"}`;
}

import type { Calls, VerbCall } from "./calls.js";
import type { Progress } from "./study.js";

/** Options to observe and cancel a job. */
export interface Watch<State> {
  /** Called after every step, about forty times per second. */
  onProgress?: (progress: Progress<State>) => void;
  /** Cancels the job between two steps. */
  signal?: AbortSignal;
}

/** The target duration of a step. Other calls to the instance wait at most about as long. */
const stepMs = 25;
const unitsMax = 1_000_000;

interface StepResult<State, Result> {
  done: boolean;
  did: number;
  of: number;
  progress: State;
  result?: Result;
}

/** Runs a job to its end, in steps of at most `most` units. */
export async function run<State, Result>(calls: Calls, begin: VerbCall, watch: Watch<State>, most = unitsMax): Promise<Result> {
  const { onProgress, signal } = watch;
  const stop = (job: number) => void calls.call({ verb: "stop", args: { job } }).catch(() => undefined);
  const { job } = (await calls.call<{ job: number }>({ ...begin, signal }, (late) => stop(late.value.job))).value;
  const decoder = new TextDecoder();
  let running = true;
  try {
    for (let units = 1; ; ) {
      const began = performance.now();
      const { value, body } = await calls.call<StepResult<State, Result>>({ verb: "step", args: { job, units }, signal });
      running = !value.done;
      onProgress?.({ did: value.did, of: value.of, progress: value.progress, text: decoder.decode(body, { stream: running }) });
      if (!running) {
        return value.result as Result;
      }
      units = Math.min(nextUnits(units, performance.now() - began), most);
    }
  } finally {
    if (running) {
      stop(job);
    }
  }
}

/** The units of the next step. */
function nextUnits(units: number, tookMs: number): number {
  const fitting = Math.round((units * stepMs) / Math.max(tookMs, 0.1));
  return Math.max(1, Math.min(fitting, units * 4));
}

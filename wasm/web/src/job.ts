import type { Asked, Calls } from "./calls.js";
import type { Progress } from "./study.js";

/** What a host wants to know of a job while it runs. */
export interface Watch<Sofar> {
  /** Told after every step, some forty times a second, before the next is begun. */
  onProgress?: (progress: Progress<Sofar>) => void;
  /** Ends the job between two steps. */
  signal?: AbortSignal;
}

/** How long a step should take: others who ask the same instance wait so long for their turn. */
const stepMs = 25;
const unitsMax = 1_000_000;

interface Stepped<Sofar, Result> {
  done: boolean;
  did: number;
  of: number;
  progress: Sofar;
  result?: Result;
}

/** Begins a job, and steps it until it is done. */
export async function run<Sofar, Result>(calls: Calls, begin: Asked, watch: Watch<Sofar>): Promise<Result> {
  const { onProgress, signal } = watch;
  const stop = (job: number) => void calls.ask({ verb: "stop", args: { job } }).catch(() => undefined);
  const { job } = (await calls.ask<{ job: number }>({ ...begin, signal }, (late) => stop(late.value.job))).value;
  const decoder = new TextDecoder();
  let running = true;
  try {
    for (let units = 1; ; ) {
      const began = performance.now();
      const { value, body } = await calls.ask<Stepped<Sofar, Result>>({ verb: "step", args: { job, units }, signal });
      running = !value.done;
      onProgress?.({ did: value.did, of: value.of, progress: value.progress, text: decoder.decode(body, { stream: running }) });
      if (!running) {
        return value.result as Result;
      }
      units = paced(units, performance.now() - began);
    }
  } finally {
    if (running) {
      stop(job);
    }
  }
}

/** How many units the next step should have. */
function paced(units: number, tookMs: number): number {
  const fitting = Math.round((units * stepMs) / Math.max(tookMs, 0.1));
  return Math.max(1, Math.min(fitting, units * 4, unitsMax));
}

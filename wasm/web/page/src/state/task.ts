import { useEffect, useState } from "preact/hooks";

/** The progress of work that has a few parts: the number of finished ones, and the current one in words. */
export interface PartProgress {
  did: number;
  of: number;
  part: string;
}

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a task of its own, after the next frame. Callers get one frame each, in order: the browser then lays out
 * and paints the changes of one caller at a time.
 */
export function ownFrame(): Promise<void> {
  last = last.then(() => new Promise((resolve) => afterPaint(resolve)));
  return last;
}

/** Runs a function after the next frame, or soon if the page is hidden and has no frames. */
function afterPaint(run: () => void): void {
  const frame = requestAnimationFrame(() => setTimeout(begin));
  const timer = setTimeout(begin, 100);
  function begin(): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  }
}

/** The state of an asynchronous task. */
export type Task<Value> = { state: "waiting" } | { state: "done"; value: Value } | { state: "failed"; error: unknown };

/** Runs a task whenever one of its dependencies changes. Results of earlier runs are dropped. */
export function useTask<Value>(run: (signal: AbortSignal) => Promise<Value>, depends: readonly unknown[]): Task<Value> {
  const [task, setTask] = useState<Task<Value>>({ state: "waiting" });
  useEffect(() => {
    const abort = new AbortController();
    setTask({ state: "waiting" });
    run(abort.signal).then(
      (value) => abort.signal.aborted || setTask({ state: "done", value }),
      (error: unknown) => abort.signal.aborted || setTask({ state: "failed", error }),
    );
    return () => abort.abort();
  }, depends);
  return task;
}

/** Like useTask, but keeps the previous result until there is a new one. */
export function useLatest<Value>(
  run: (signal: AbortSignal) => Promise<Value>,
  depends: readonly unknown[],
): { value: Value | undefined; busy: boolean; error: unknown } {
  const task = useTask(run, depends);
  const [value, setValue] = useState<Value | undefined>(undefined);
  useEffect(() => {
    if (task.state === "done") {
      setValue(task.value);
    }
  }, [task]);
  return {
    value: task.state === "done" ? task.value : value,
    busy: task.state === "waiting",
    error: task.state === "failed" ? task.error : undefined,
  };
}

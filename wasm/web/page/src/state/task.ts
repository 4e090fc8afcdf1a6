import { useEffect, useState } from "preact/hooks";

/** The progress of work that has a few parts: the number of finished ones, and the current one in words. */
export interface PartProgress {
  did: number;
  of: number;
  part: string;
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

import type { Text } from "./bytes.js";
import type { CallOptions } from "./calls.js";
import type { HoldfastNode } from "./node.js";
import { parseTrace, type Op, type Result, type Setup } from "./trace.js";

export interface ReplayOptions extends CallOptions {
  /** Ask for the hash of the node after each step. */
  hashes?: boolean;
  /** Told of each step. */
  onStep?: (step: ReplayStep) => void;
}

/** An Op of a trace that was applied. */
export interface ReplayStep {
  /** On which it stands. */
  line: number;
  op: Op;
  result: Result;
  /** Of the node after it, if it was asked for. */
  hash?: string;
}

export interface Replayed {
  /** As the trace leaves it. */
  node: HoldfastNode;
  steps: ReplayStep[];
}

/** How many Ops are applied by one call. */
const batch = 256;

/** Makes the node of a trace and applies all its Ops. Results that are errors are part of what happened. */
export async function replay(create: (setup: Setup) => Promise<HoldfastNode>, trace: Text, options: ReplayOptions): Promise<Replayed> {
  const { hashes = false, onStep, signal } = options;
  const { setup, ops } = parseTrace(trace);
  const node = await create(setup);
  const steps: ReplayStep[] = [];
  try {
    for (let begin = 0; begin < ops.length; begin += batch) {
      const some = ops.slice(begin, begin + batch);
      const lines = some.map(({ text }) => (hashes ? `${text}\n{"op":"hash"}` : text));
      const results = await node.apply(lines.join("\n"), { signal });
      some.forEach(({ line, op }, i) => {
        const step: ReplayStep = hashes
          ? { line, op, result: results[2 * i]!, hash: results[2 * i + 1]!.value as string }
          : { line, op, result: results[i]! };
        steps.push(step);
        onStep?.(step);
      });
    }
    return { node, steps };
  } catch (fault) {
    await node.close();
    throw fault;
  }
}

import type { CallOptions } from "./calls.js";
import type { HoldfastNode } from "./node.js";
import { parseTrace, type Op, type Result, type Setup } from "./trace.js";
import type { Text } from "./values.js";

/** Options of a replay. */
export interface ReplayOptions extends CallOptions {
  /** Compute the hash of the node after each step. */
  hashes?: boolean;
  /** Called after each step. */
  onStep?: (step: ReplayStep) => void;
}

/** An applied Op of a trace. */
export interface ReplayStep {
  /** The number of its line. */
  line: number;
  op: Op;
  result: Result;
  /** The hash of the node after the Op; absent without the option `hashes`. */
  hash?: string;
}

/** The result of a replay. */
export interface Replay {
  /** The node after the last step. */
  node: HoldfastNode;
  steps: ReplayStep[];
}

/** The number of Ops per call. */
const batch = 256;

/** Creates the node of a trace and applies all its Ops. The replay continues if an Op fails. */
export async function replay(create: (setup: Setup) => Promise<HoldfastNode>, trace: Text, options: ReplayOptions): Promise<Replay> {
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
  } catch (error) {
    await node.close();
    throw error;
  }
}

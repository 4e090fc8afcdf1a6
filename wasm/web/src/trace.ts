import { HoldfastError } from "./error.js";
import { textOf, type Text } from "./bytes.js";

/**
 * How to make a node: the first line of a trace. What is left out has its default. Numbers of 64 bits are strings of decimal
 * digits, times RFC 3339, durations as in Go (`"1h30m0s"`).
 */
export interface Setup {
  /** The version of the form, 1. It may be left out where a setup is an argument. */
  holdfast?: number;
  /** The version of containerd whose rules count, `"1.6"` to `"2.4"`: the newest. */
  rules?: string;
  /** `["overlayfs", "native"]` */
  snapshotters?: string[];
  /** Keep the content of namespaces apart. */
  isolated?: boolean;
  /** Forget, as containerd does, what a failed clean-up left in the backends. */
  cleanupOnce?: boolean;
  /** Of all that is left to chance. */
  seed?: string;
  /** The time on the node's clock. */
  start?: string;
  /** Of containerd's scheduler of collections. */
  schedule?: Schedule;
  /** Nothing collects but Ops. */
  unscheduled?: boolean;
  /** Calls may be left waiting. */
  turns?: boolean;
}

export interface Schedule {
  pauseThreshold?: number;
  deletionThreshold?: string;
  mutationThreshold?: string;
  scheduleDelay?: string;
  startupDelay?: string;
}

/**
 * One call to a node, as a value: its name and, beside it, its arguments, such as
 * `{op: "images.get", ns: "default", name: "docker.io/library/alpine:3.20"}`. `Holdfast.about()` names all kinds, Go's
 * `engine.ArgsOf` documents what each takes.
 */
export interface Op {
  op: string;
  /** The namespace. */
  ns?: string;
  /** The lease that what is made is added to. */
  lease?: string;
  /** The name of a transaction that the call takes part in. */
  tx?: string;
  /** The context of the call has ended. */
  canceled?: boolean;
  [argument: string]: unknown;
}

/** What an Op came to. One that fails has a code and an error, and throws nothing. */
export interface Result<Value = unknown> {
  code: string;
  /** Left out for nothing. */
  value?: Value;
  /** What the error says, for a person. */
  error?: string;
}

/** A trace, taken apart. */
export interface Trace {
  setup: Setup;
  /** Every Op with the number of the line on which it stands, and the line itself. */
  ops: { line: number; op: Op; text: string }[];
}

/**
 * Reads a trace: JSON Lines, first a setup, then Ops. Empty lines, and those that begin with `#`, don't count.
 *
 * @throws HoldfastError `invalid_argument`, with the number of the line that is not JSON.
 */
export function parseTrace(trace: Text): Trace {
  const lines: { line: number; op: Op; text: string }[] = [];
  textOf(trace).split("\n").forEach((raw, index) => {
    const text = raw.trim();
    if (text === "" || text[0] === "#") {
      return;
    }
    lines.push({ line: index + 1, op: parseLine(text, index + 1), text });
  });
  const [first, ...ops] = lines;
  if (first === undefined) {
    throw new HoldfastError("invalid_argument", "trace: empty");
  }
  const setup = first.op as unknown as Setup;
  if (typeof setup.holdfast !== "number") {
    throw new HoldfastError("invalid_argument", `trace: line ${first.line}: not {"holdfast":1,…}, with which a trace begins`);
  }
  return { setup, ops };
}

function parseLine(text: string, line: number): Op {
  try {
    const op: unknown = JSON.parse(text);
    if (typeof op === "object" && op !== null) {
      return op as Op;
    }
    throw new Error("not an object");
  } catch (fault) {
    throw new HoldfastError("invalid_argument", `trace: line ${line}: ${(fault as Error).message}`, { cause: fault });
  }
}

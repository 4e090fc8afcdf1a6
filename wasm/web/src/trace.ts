import { HoldfastError } from "./error.js";
import { textOf, type Text } from "./values.js";

/**
 * The configuration of a node: the first line of a trace. All fields are optional. 64-bit numbers are strings of
 * decimal digits, times are RFC 3339, and durations have the format of Go (`"1h30m0s"`).
 */
export interface Setup {
  /** The version of the format, 1. Optional where a setup is an argument. */
  holdfast?: number;
  /** The version of containerd to apply, from `"1.6"` to `"2.4"`. Default: the newest. */
  rules?: string;
  /** Default: `["overlayfs", "native"]`. */
  snapshotters?: string[];
  /** Do not share content between namespaces. */
  isolated?: boolean;
  /** Like containerd, do not retry a failed clean-up of the backends. */
  cleanupOnce?: boolean;
  /** After the first, collections look only at parts of the backends that a record named before. */
  namedParts?: boolean;
  /** The seed of all random decisions. */
  seed?: string;
  /** The time on the node's clock. */
  start?: string;
  /** The configuration of containerd's GC scheduler. */
  schedule?: Schedule;
  /** Collect only when an Op asks for it. */
  unscheduled?: boolean;
  /** Allow calls to be suspended. */
  turns?: boolean;
}

/** The configuration of containerd's GC scheduler. */
export interface Schedule {
  pauseThreshold?: number;
  deletionThreshold?: string;
  mutationThreshold?: string;
  scheduleDelay?: string;
  startupDelay?: string;
}

/**
 * One call to a node as a value: its name and its arguments, for example `{op: "images.get", ns: "default", name:
 * "docker.io/library/alpine:3.20"}`. `Holdfast.about()` lists all names. The Go documentation of the engine's Ops
 * describes their arguments.
 */
export interface Op {
  op: string;
  /** The namespace. */
  ns?: string;
  /** The lease to which created objects are added. */
  lease?: string;
  /** The name of the transaction of the call. */
  tx?: string;
  /** The context of the call is cancelled. */
  canceled?: boolean;
  [argument: string]: unknown;
}

/** The result of an Op. A failed Op has the code of an error; nothing is thrown. */
export interface Result<Value = unknown> {
  code: string;
  /** Absent if the Op returns no value. */
  value?: Value;
  /** The text of the error, for people. */
  error?: string;
}

/** A parsed trace. */
export interface Trace {
  setup: Setup;
  /** Every Op with its line and the number of the line. */
  ops: { line: number; op: Op; text: string }[];
}

/**
 * Parses a trace: JSON Lines, first a setup, then Ops. Empty lines and lines that start with `#` are ignored.
 *
 * @throws HoldfastError `invalid_argument` with the number of the first invalid line.
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
    throw new HoldfastError("invalid_argument", "trace: the trace is empty");
  }
  const setup = first.op as unknown as Setup;
  if (typeof setup.holdfast !== "number") {
    throw new HoldfastError("invalid_argument", `trace: line ${first.line}: the first line must be a setup such as {"holdfast":1}`);
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
  } catch (error) {
    throw new HoldfastError("invalid_argument", `trace: line ${line}: ${(error as Error).message}`, { cause: error });
  }
}

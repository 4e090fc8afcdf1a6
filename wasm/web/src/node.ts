import type { Collection } from "./answers.js";
import { jsonOf, textOf } from "./values.js";
import type { CallOptions } from "./calls.js";
import { HoldfastError } from "./error.js";
import type { Watch } from "./job.js";
import { studyArgs, type Comparison, type Study, type StudyProgress } from "./study.js";
import { Subject } from "./subject.js";
import type { Op, Result } from "./trace.js";

/** One containerd node in memory. */
export class HoldfastNode extends Subject {
  /** Runs a collection. */
  collect(options: CallOptions = {}): Promise<Collection> {
    return this.value({ verb: "collect", ...options });
  }

  /**
   * Applies Ops in order and returns their results. Text is JSON Lines. If an Op fails, its result has the error, and
   * the next Op is applied. If a line is not an Op, no Op is applied, and the call fails with `invalid_argument`.
   */
  async apply(ops: readonly Op[] | string | Uint8Array, options: CallOptions = {}): Promise<Result[]> {
    const { body } = await this.call({ verb: "apply", body: linesOf(ops), ...options });
    return textOf(body)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Result);
  }

  /** The hash of the node's state, pending work included: 64 hexadecimal digits, equal on every host. */
  hash(options: CallOptions = {}): Promise<string> {
    return this.value({ verb: "hash", ...options });
  }

  /** The contents of the node as text. */
  async dump(options: CallOptions = {}): Promise<string> {
    return textOf((await this.call({ verb: "dump", ...options })).body);
  }

  /** The database as a file that containerd can open. */
  async save(options: CallOptions = {}): Promise<Uint8Array> {
    return (await this.call({ verb: "save", ...options })).body;
  }

  /** Compares GC policies on copies of this node. The load of the study is added to the contents of the node. */
  compare(options: Study & Watch<StudyProgress> = {}): Promise<Comparison> {
    const { onProgress, signal, ...study } = options;
    return this.job({ verb: "compare", args: studyArgs(study) }, { onProgress, signal });
  }

  /** Returns an independent node in the same state, in constant time. */
  fork(options: CallOptions = {}): Promise<HoldfastNode> {
    return this.open({ verb: "fork", ...options }, HoldfastNode);
  }
}

function linesOf(ops: readonly Op[] | string | Uint8Array): Uint8Array {
  if (ops instanceof Uint8Array) {
    return ops;
  }
  if (typeof ops === "string") {
    return new TextEncoder().encode(ops);
  }
  if (!Array.isArray(ops)) {
    throw new HoldfastError("invalid_argument", "apply: ops is neither an array nor JSON Lines");
  }
  return new TextEncoder().encode(ops.map(jsonOf).join("\n"));
}

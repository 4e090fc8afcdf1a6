import type { Collection } from "./answers.js";
import { jsonOf, textOf } from "./bytes.js";
import type { CallOptions } from "./calls.js";
import { HoldfastError } from "./error.js";
import type { Watch } from "./job.js";
import { studyArgs, type Comparison, type Study, type StudyProgress } from "./study.js";
import { Subject } from "./subject.js";
import type { Op, Result } from "./trace.js";

/** One containerd node in memory. */
export class HoldfastNode extends Subject {
  /** Collects garbage at once. */
  collect(options: CallOptions = {}): Promise<Collection> {
    return this.value({ verb: "collect", ...options });
  }

  /**
   * Applies Ops one after the other, and returns the result of each; text is JSON Lines. An Op that fails has an error in its
   * result, and does not keep the next from being applied. If one can't be read, none is applied: `invalid_argument`.
   */
  async apply(ops: readonly Op[] | string | Uint8Array, options: CallOptions = {}): Promise<Result[]> {
    const { body } = await this.ask({ verb: "apply", body: linesOf(ops), ...options });
    return textOf(body)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Result);
  }

  /** The hash of all that is stored and all that will happen: 64 hexadecimal digits, the same on every host. */
  hash(options: CallOptions = {}): Promise<string> {
    return this.value({ verb: "hash", ...options });
  }

  /** All that is stored, as text. */
  async dump(options: CallOptions = {}): Promise<string> {
    return textOf((await this.ask({ verb: "dump", ...options })).body);
  }

  /** The database, as a file that containerd opens. */
  async save(options: CallOptions = {}): Promise<Uint8Array> {
    return (await this.ask({ verb: "save", ...options })).body;
  }

  /** Compares policies of collecting and releasing on nodes that all begin as this one is now; the study's load comes on top. */
  compare(options: Study & Watch<StudyProgress> = {}): Promise<Comparison> {
    const { onProgress, signal, ...study } = options;
    return this.job({ verb: "compare", args: studyArgs(study) }, { onProgress, signal });
  }

  /** An independent node in the same state. That takes no time, whatever is stored. */
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
    throw new HoldfastError("invalid_argument", "apply: neither an array of Ops nor JSON Lines");
  }
  return new TextEncoder().encode(ops.map(jsonOf).join("\n"));
}

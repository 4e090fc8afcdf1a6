import type { Plan } from "./answers.js";
import type { CallOptions } from "./calls.js";
import type { Watch } from "./job.js";
import { Subject } from "./subject.js";
import { timeOf, type Bytes } from "./values.js";

/** How to examine a file. */
export interface Examination {
  /** The time of the collection, which decides about expiry. Default: now. */
  at?: Date | string;
  /** The version of containerd to apply. Default: the newest version that writes the file's schema. */
  containerd?: string;
}

/** A file and how to examine it. */
export interface ExaminationOptions extends Examination, CallOptions {
  /**
   * A `meta.db`, or an archive that `holdfast collect-files` or `nodeArchive` makes, gzip'd or not. An archive adds the
   * sizes of snapshots and what only the snapshotters know.
   */
  bytes: Bytes;
  /** Detaches `bytes` instead of copying it. */
  transfer?: boolean;
}

/** A file to open, and how to examine it. */
export interface ReadOptions extends ExaminationOptions {
  /**
   * Opens a damaged file as far as possible, which otherwise fails with the reason `damaged`. Results note the lost
   * parts. Nothing is called garbage that a lost record may keep, and a figure that a lost record could change is -1.
   * `plan` and `gc` fail with `data_loss` if no other namespace is left.
   */
  salvage?: boolean;
}

/** The progress of a check: the next phase. A check has four phases in this order; "" follows the last one. */
export interface CheckProgress {
  phase: "open" | "pages" | "read" | "records" | "";
}

/** A check of a file. */
export interface CheckOptions extends ExaminationOptions, Watch<CheckProgress> {
  /** Compare the content of every blob in an archive with its digest. Without content, it has no effect. */
  verify?: boolean;
}

/** An immutable database. Its queries have the same results as the command. */
export class MetaFile extends Subject {
  /** Opens the same file for another time or version. */
  view(options: Examination & CallOptions = {}): Promise<MetaFile> {
    return this.open({ verb: "view", args: examinationOf(options), signal: options.signal }, MetaFile);
  }

  /** Collects garbage in a copy. Returns the plan and the remaining database as a file that containerd can open. */
  async gc(options: CallOptions = {}): Promise<{ plan: Plan; bytes: Uint8Array }> {
    const { value, body } = await this.call<Plan>({ verb: "gc", ...options });
    return { plan: value, bytes: body };
  }
}

/** The arguments of the verbs that examine a file. */
export function examinationOf({ at = new Date(), containerd }: Examination): { at: string; containerd?: string } {
  return { at: timeOf(at), containerd };
}

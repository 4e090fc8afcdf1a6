import type { Plan } from "./answers.js";
import type { Bytes } from "./bytes.js";
import type { CallOptions } from "./calls.js";
import { HoldfastError } from "./error.js";
import { Subject } from "./subject.js";

/** How a file is to be looked at. */
export interface Examination {
  /** The time of the collection: what expires, expires by then. The present. */
  at?: Date | string;
  /** The version of containerd whose rules count: the newest that writes databases of the file's schema. */
  containerd?: string;
}

/** A file, and how it is to be looked at. */
export interface ExaminationOptions extends Examination, CallOptions {
  /** A `meta.db`, gzip'd or not. */
  bytes: Bytes;
  /** The memory of `bytes` is given away, instead of copied. */
  transfer?: boolean;
}

/** A database as it was found. It never changes, and gives the answers that the command line gives. */
export class MetaFile extends Subject {
  /** The same file at another time, or for another version. */
  view(options: Examination & CallOptions = {}): Promise<MetaFile> {
    return this.open({ verb: "view", args: examinationOf(options), signal: options.signal }, MetaFile);
  }

  /** Collects, in a copy. Returns what that removes, and the database after it as a file that containerd opens. */
  async gc(options: CallOptions = {}): Promise<{ plan: Plan; bytes: Uint8Array }> {
    const { value, body } = await this.ask<Plan>({ verb: "gc", ...options });
    return { plan: value, bytes: body };
  }
}

/** What the module is told about how to look at a file. */
export function examinationOf({ at = new Date(), containerd }: Examination): { at: string; containerd?: string } {
  return { at: timeOf(at), containerd };
}

/** RFC 3339. A time that is text already stays as exact as it is. */
export function timeOf(time: Date | string): string {
  if (typeof time === "string") {
    return time;
  }
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) {
    throw new HoldfastError("invalid_argument", "not a time");
  }
  return time.toISOString();
}

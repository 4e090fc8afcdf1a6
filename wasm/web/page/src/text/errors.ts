import { HoldfastError, type Code, type FileReason } from "../../../src/index.js";

/** An error for people: the message and advice. */
export interface Explanation {
  message: string;
  advice: string;
}

const path = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";
const tooLarge = "The file is too large for the browser. Use the command instead: holdfast plan meta.db.";
const copyAgain = "Copy the file again and compare the sizes. If containerd was running, the copy may be inconsistent.";

/** Advice about files that cannot be opened. */
const byReason: Record<FileReason, string> = {
  not_bolt: `Choose containerd's meta.db, plain or gzip'd. Its usual path is ${path}.`,
  bad_version: `This version of the bolt format is not supported. Choose containerd's meta.db. Its usual path is ${path}.`,
  foreign: `This is the bolt database of another program. The usual path of containerd's database is ${path}.`,
  truncated: `The file is incomplete. ${copyAgain}`,
  bad_gzip: "The compressed file is damaged. Compress or copy it again.",
  too_large: tooLarge,
  damaged: `The file is damaged. ${copyAgain}`,
  no_database: "The archive has no metadata database. Make it with: holdfast collect-files /var/lib/containerd -o node.tar.gz.",
  unreadable: "The browser cannot read the file. It may have been changed, moved or deleted. Choose it again.",
};

/** Advice about other errors. */
const byCode: Partial<Record<Code, string>> = {
  unavailable:
    "The browser probably ran out of memory. Close other tabs and open the file again, or use the command: holdfast plan meta.db.",
  resource_exhausted: tooLarge,
  internal: "This is a bug in Holdfast. Please report it and attach the file if you can share it.",
};

/** Explains an error. `fallback` is the advice for errors without specific advice. */
export function explain(error: unknown, fallback = "Try again. If it fails again, run: holdfast fsck meta.db."): Explanation {
  if (!(error instanceof HoldfastError)) {
    return { message: error instanceof Error ? error.message : String(error), advice: fallback };
  }
  const specific = error.reason === undefined ? byCode[error.code] : byReason[error.reason];
  return { message: error.message, advice: specific ?? fallback };
}

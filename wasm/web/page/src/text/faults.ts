import { HoldfastError } from "../../../src/index.js";

/** An error for a person: where it lies, and what to do about it. */
export interface Explained {
  where: string;
  todo: string;
}

/** What is known about what can go wrong with a file: part of what the error says, and what to do. The first that fits counts. */
const known: readonly [RegExp, string][] = [
  [
    /not a metadata database of containerd/,
    "It is a bolt database of another program. Containerd's is usually /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db.",
  ],
  [
    /not a bolt|magic/i,
    "Choose the meta.db of containerd, as it is or gzip'd: usually /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db.",
  ],
  [
    /unexpected end|truncated|ends|EOF|cut short|has only/i,
    "The file is incomplete. Copy it again, and compare the sizes. If it was copied while containerd ran, copy it once more.",
  ],
  [/gzip|flate|compressed/i, "The file was packed, and is damaged. Pack or copy it again."],
  [
    /unpacks to more|too large|are too many/i,
    "The file is larger than this page can hold. Use the command line for it: holdfast plan meta.db.",
  ],
  [/page/i, "The file is damaged, or was copied while it was being written. Copy it again."],
  [/can't be read/, "The browser may not read the file, or it has changed or gone. Choose it again."],
];

const byCode: Partial<Record<string, string>> = {
  unavailable:
    "Most often the browser had no more memory to give. Close other tabs and open the file again, or use the command line: holdfast plan meta.db.",
  resource_exhausted: "The file is larger than this page can hold. Use the command line for it: holdfast plan meta.db.",
  internal: "This is a fault of Holdfast. Please report it, with the file if you may share it.",
};

const fsck = "Try again. If it stays so, the command line may say more: holdfast fsck meta.db.";

/** What is said of an error; `otherwise` is what to do if that is not known. */
export function explain(error: unknown, otherwise = fsck): Explained {
  const where = error instanceof Error ? error.message : String(error);
  const code = error instanceof HoldfastError ? error.code : "";
  const todo =
    byCode[code] ?? (otherwise === fsck ? known.find(([pattern]) => pattern.test(where))?.[1] : undefined) ?? otherwise;
  return { where, todo };
}

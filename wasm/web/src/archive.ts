import { HoldfastError } from "./error.js";
import { checkBytes, type Bytes } from "./values.js";

/** A file of a node: its path below the root directory, and its contents. */
export interface NodeFile {
  /** For example `io.containerd.metadata.v1.bolt/meta.db`, with "/" between folders. */
  path: string;
  bytes: Bytes;
}

/** The size of a header, and the unit in which a tar file stores contents. */
const block = 512;
const encoder = new TextEncoder();

/**
 * Packs files of a node as `holdfast collect-files` does: an archive for `read`, `check` and `open`. The files are the
 * node's `meta.db` and the `metadata.db` of its snapshotters. Files and Blobs are not read until the archive is.
 *
 * @throws HoldfastError `invalid_argument` for a path that leaves the root or is too long for a tar file.
 */
export function nodeArchive(files: readonly NodeFile[]): Blob {
  const parts: BlobPart[] = [];
  for (const { path, bytes } of files) {
    const contents = checkBytes(bytes, "nodeArchive");
    const size = contents instanceof Blob ? contents.size : contents.length;
    parts.push(headerOf(path, size), contents as BlobPart, new Uint8Array((block - (size % block)) % block));
  }
  return new Blob([...parts, new Uint8Array(2 * block)], { type: "application/x-tar" });
}

/** Returns the header of a file in the format "ustar". */
function headerOf(path: string, size: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(block);
  const put = (offset: number, text: string) => header.set(encoder.encode(text), offset);
  const [prefix, name] = split(path);
  put(0, name);
  put(100, "0000600\0" + "0000000\0" + "0000000\0"); // mode, user, group
  put(124, `${octal(size)}\0` + `${octal(0)}\0`); // size, time
  put(148, " ".repeat(8)); // the checksum counts as spaces
  put(156, "0"); // a regular file
  put(257, "ustar\0" + "00");
  put(345, prefix);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** Splits a path into a prefix of at most 155 bytes and a name of at most 100, where it needs a prefix. */
function split(path: string): [string, string] {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new HoldfastError("invalid_argument", `nodeArchive: ${JSON.stringify(path)} is not a path below the root directory`);
  }
  for (let i = 0; i < parts.length; i++) {
    const [prefix, name] = [parts.slice(0, i).join("/"), parts.slice(i).join("/")];
    if (encoder.encode(name).length <= 100 && encoder.encode(prefix).length <= 155) {
      return [prefix, name];
    }
  }
  throw new HoldfastError("invalid_argument", `nodeArchive: ${JSON.stringify(path)} is too long for a tar file`);
}

function octal(n: number): string {
  return n.toString(8).padStart(11, "0");
}

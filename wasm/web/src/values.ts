import { HoldfastError } from "./error.js";

/** The contents of a file. A File is a Blob. */
export type Bytes = Uint8Array | ArrayBuffer | Blob;

/** Text, as a string or in UTF-8. */
export type Text = string | Uint8Array | ArrayBuffer;

/** Checks the type of `bytes` for callers without TypeScript. `name` is for the error. */
export function checkBytes(bytes: unknown, name: string): Uint8Array | Blob {
  if (bytes instanceof Blob || bytes instanceof Uint8Array) {
    return bytes;
  }
  if (bytes instanceof ArrayBuffer) {
    return new Uint8Array(bytes);
  }
  throw new HoldfastError("invalid_argument", `${name}: bytes is not a Uint8Array, ArrayBuffer, Blob or File`);
}

const decoder = new TextDecoder();

export function textOf(text: Text): string {
  return typeof text === "string" ? text : decoder.decode(text);
}

/** Formats a time as RFC 3339. A string stays unchanged, because it may be more precise than a Date. */
export function timeOf(time: Date | string): string {
  if (typeof time === "string") {
    return time;
  }
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) {
    throw new HoldfastError("invalid_argument", "not a valid time");
  }
  return time.toISOString();
}

/** Encodes JSON. A bigint becomes a string of decimal digits, like every 64-bit number of an Op. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? v.toString() : v));
  } catch (error) {
    throw new HoldfastError("invalid_argument", `not representable as JSON: ${(error as Error).message}`, { cause: error });
  }
}

import { HoldfastError } from "./error.js";

/** A file's content. A File is a Blob. */
export type Bytes = Uint8Array | ArrayBuffer | Blob;

/** Text, or its UTF-8. */
export type Text = string | Uint8Array | ArrayBuffer;

/** Checks what a caller without types gave. */
export function checkBytes(bytes: unknown, what: string): Uint8Array | Blob {
  if (bytes instanceof Blob || bytes instanceof Uint8Array) {
    return bytes;
  }
  if (bytes instanceof ArrayBuffer) {
    return new Uint8Array(bytes);
  }
  throw new HoldfastError("invalid_argument", `${what}: neither a Uint8Array nor an ArrayBuffer, Blob or File`);
}

const decoder = new TextDecoder();

export function textOf(text: Text): string {
  return typeof text === "string" ? text : decoder.decode(text);
}

/** JSON with numbers of 64 bits, which JavaScript calls bigint, in the form that Ops have: strings of decimal digits. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? v.toString() : v));
  } catch (fault) {
    throw new HoldfastError("invalid_argument", `no JSON: ${(fault as Error).message}`, { cause: fault });
  }
}

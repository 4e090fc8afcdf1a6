import { HoldfastError, messageOf, type Code } from "./error.js";
import type { Instance } from "./instance.js";

/** What is sent to an instance. */
export interface Request {
  header: Uint8Array;
  body?: Uint8Array | Blob;
}

/** What comes back: the frame of the answer, or why there is none. */
export type Reply = { answer: Uint8Array } | { code: Code; message: string };

/** Does what a request asks for, in the thread where it is called. */
export async function answer(instance: Instance, { header, body }: Request): Promise<Uint8Array> {
  if (!(body instanceof Blob)) {
    return instance.call(header, body);
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await body.arrayBuffer());
  } catch (fault) {
    throw new HoldfastError("invalid_argument", `the file can't be read: ${messageOf(fault)}`, { cause: fault });
  }
  return instance.call(header, bytes);
}

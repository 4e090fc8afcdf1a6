import { jsonOf } from "./bytes.js";
import { canceled, HoldfastError, type Code } from "./error.js";
import type { Link } from "./link.js";
import type { Request } from "./request.js";

/** What every call takes. */
export interface CallOptions {
  /**
   * Gives the call up. One that waits for its turn is not made. One that runs is not waited for; it ends by itself, and
   * whatever it would have opened is closed: only `Holdfast.close` stops it at once.
   */
  signal?: AbortSignal;
}

/** A verb with what it takes: see ABI.md. */
export interface Asked extends CallOptions {
  verb: string;
  node?: number;
  args?: unknown;
  body?: Uint8Array | Blob;
  /** The body's memory is given away. */
  transfer?: boolean;
}

/** What a verb returns. */
export interface Answered<Value> {
  value: Value;
  body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The calls to one instance: it takes one at a time, in the order in which they were made. */
export class Calls {
  readonly #link: Link;
  #last: Promise<unknown> = Promise.resolve();
  #ended: HoldfastError | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Why the instance has ended; undefined while it has not. */
  get ended(): HoldfastError | undefined {
    return this.#ended;
  }

  /** Ends the instance at once. Calls that run or wait fail. */
  close(why: HoldfastError): void {
    this.#ended ??= why;
    this.#link.close();
  }

  /** Makes a call. `late` is given the answer to one that was given up while it ran. */
  async ask<Value>(asked: Asked, late?: (answered: Answered<Value>) => void): Promise<Answered<Value>> {
    const { verb, node, args, body, transfer = false, signal } = asked;
    const request: Request = { header: encoder.encode(jsonOf({ verb, node, args })) };
    if (body !== undefined) {
      request.body = body;
    }
    if (signal?.aborted) {
      throw canceled(signal);
    }
    let begun = false;
    const turn = this.#last.then(async () => {
      if (signal?.aborted) {
        throw canceled(signal);
      }
      begun = true;
      return open<Value>(await this.#send(request, transfer));
    });
    this.#last = turn.catch(() => undefined);
    return signal === undefined ? turn : givenUp(turn, signal, () => begun && late !== undefined && turn.then(late, () => undefined));
  }

  async #send(request: Request, transfer: boolean): Promise<Uint8Array> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    try {
      return await this.#link.call(request, transfer);
    } catch (fault) {
      if (fault instanceof HoldfastError && fault.code !== "unavailable") {
        throw fault;
      }
      this.close(fault as HoldfastError);
      throw this.#ended;
    }
  }
}

/** The promise, unless the signal is aborted first. */
function givenUp<T>(turn: Promise<T>, signal: AbortSignal, onAbort: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(canceled(signal));
      onAbort();
    };
    signal.addEventListener("abort", abort, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Takes the frame of an answer apart. */
function open<Value>(frame: Uint8Array): Answered<Value> {
  const size = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  const header = JSON.parse(decoder.decode(frame.subarray(4, 4 + size))) as { code: Code | "ok"; value: Value; error?: string };
  if (header.code !== "ok") {
    throw new HoldfastError(header.code, header.error ?? header.code);
  }
  return { value: header.value, body: frame.subarray(4 + size) };
}

import { jsonOf } from "./values.js";
import { canceled, HoldfastError, type Code, type FileReason } from "./error.js";
import type { Request } from "./instance.js";
import type { Link } from "./link.js";

/** Options of every call. */
export interface CallOptions {
  /**
   * Cancels the call. A waiting call is dropped. A running call continues in the background, and a node or file that it
   * opens is closed. Only `Holdfast.close` stops a running call.
   */
  signal?: AbortSignal;
}

/** The verbs of the module; see ABI.md. */
export type Verb =
  | "about"
  | "new"
  | "open"
  | "fork"
  | "close"
  | "apply"
  | "plan"
  | "why"
  | "top"
  | "account"
  | "fsck"
  | "inspect"
  | "diff"
  | "collect"
  | "hash"
  | "dump"
  | "save"
  | "read"
  | "view"
  | "check"
  | "gc"
  | "objects"
  | "salvage"
  | "simulate"
  | "compare"
  | "step"
  | "stop";

/** A call of a verb. */
export interface VerbCall extends CallOptions {
  verb: Verb;
  node?: number;
  args?: unknown;
  body?: Uint8Array | Blob;
  /** Detaches the body instead of copying it. */
  transfer?: boolean;
}

/** The result of a verb. */
export interface VerbResult<Value> {
  value: Value;
  body: Uint8Array;
}

interface Header<Value> {
  code: Code | "ok";
  value: Value;
  error?: string;
  reason?: FileReason;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The queue of calls to one instance, which handles one call at a time in order. */
export class Calls {
  readonly #link: Link;
  #last: Promise<unknown> = Promise.resolve();
  #ended: HoldfastError | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  /** The cause of the end of the instance; undefined while it runs. */
  get ended(): HoldfastError | undefined {
    return this.#ended;
  }

  /** Ends the instance at once. Running and waiting calls fail with `cause`. */
  close(cause: HoldfastError): void {
    this.#ended ??= cause;
    this.#link.close();
  }

  /** Makes a call. If it is cancelled while it runs, `onLate` receives the result. */
  async call<Value>(call: VerbCall, onLate?: (result: VerbResult<Value>) => void): Promise<VerbResult<Value>> {
    const { verb, node, args, body, transfer = false, signal } = call;
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
      return decode<Value>(await this.#send(request, transfer));
    });
    this.#last = turn.catch(() => undefined);
    return signal === undefined ? turn : abortable(turn, signal, () => begun && onLate !== undefined && turn.then(onLate, () => undefined));
  }

  async #send(request: Request, transfer: boolean): Promise<Uint8Array> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    try {
      return await this.#link.call(request, transfer);
    } catch (error) {
      if (error instanceof HoldfastError && error.code !== "unavailable") {
        throw error;
      }
      this.close(error as HoldfastError);
      throw this.#ended;
    }
  }
}

/** Returns the promise, rejected early if the signal is aborted. */
function abortable<T>(turn: Promise<T>, signal: AbortSignal, onAbort: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(canceled(signal));
      onAbort();
    };
    signal.addEventListener("abort", abort, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Decodes the frame of a response. */
function decode<Value>(frame: Uint8Array): VerbResult<Value> {
  const size = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  const header = JSON.parse(decoder.decode(frame.subarray(4, 4 + size))) as Header<Value>;
  if (header.code !== "ok") {
    throw new HoldfastError(header.code, header.error ?? header.code, { reason: header.reason });
  }
  return { value: header.value, body: frame.subarray(4 + size) };
}

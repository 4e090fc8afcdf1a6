import { ended, HoldfastError } from "./error.js";
import { Instance, type Reply, type Request } from "./instance.js";
import { startThread, type Thread } from "./platform.js";

/** A connection to an instance. It handles one call at a time. */
export interface Link {
  /**
   * Sends a request. Rejects if the instance has ended or ends during the call. With `transfer`, the body is detached.
   */
  call(request: Request, transfer: boolean): Promise<Uint8Array>;
  /** Ends the instance at once, also during a call. */
  close(): void;
}

/** Whether an instance runs in a worker, or a function that creates a Worker that runs the package's `worker.js`. */
export type WorkerChoice = boolean | (() => Worker);

/** Starts an instance in a worker or in the calling thread. The worker starts while the module is being compiled. */
export async function connect(module: Promise<WebAssembly.Module>, worker: WorkerChoice): Promise<Link> {
  if (worker === false) {
    return new LocalLink(await Instance.start(await module));
  }
  module.catch(() => undefined); // it may fail before it is awaited
  const link = new WorkerLink(await startThread(worker === true ? undefined : worker));
  await link.start(module);
  return link;
}

/** A link to an instance in the calling thread. */
class LocalLink implements Link {
  #instance: Instance | undefined;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  async call(request: Request): Promise<Uint8Array> {
    await nextTask();
    if (this.#instance === undefined) {
      throw ended("it was closed");
    }
    return this.#instance.handle(request);
  }

  close(): void {
    this.#instance = undefined;
  }
}

/** Resolves in a new task, so that events, timers and painting are handled before it. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * A link to an instance in a worker. Invariants: `#pending` is set exactly while a message awaits its reply; once
 * `#ended` is set, no message is sent.
 */
class WorkerLink implements Link {
  readonly #thread: Thread;
  #pending: { resolve: (frame: Uint8Array) => void; reject: (error: HoldfastError) => void } | undefined;
  #ended: HoldfastError | undefined;

  constructor(thread: Thread) {
    this.#thread = thread;
    thread.listen(
      (reply) => this.#settle(reply),
      (cause) => this.#end(cause),
    );
  }

  async start(module: Promise<WebAssembly.Module>): Promise<void> {
    try {
      await this.#send(await module, []);
    } catch (error) {
      this.#thread.terminate();
      throw error;
    }
  }

  call(request: Request, transfer: boolean): Promise<Uint8Array> {
    const { body } = request;
    return this.#send(request, transfer && body instanceof Uint8Array && body.buffer instanceof ArrayBuffer ? [body.buffer] : []);
  }

  close(): void {
    this.#thread.terminate();
    this.#end("it was closed");
  }

  async #send(message: WebAssembly.Module | Request, transfer: ArrayBuffer[]): Promise<Uint8Array> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    this.#thread.setBusy(true);
    try {
      return await new Promise((resolve, reject) => {
        this.#pending = { resolve, reject };
        this.#thread.post(message, transfer);
      });
    } finally {
      this.#pending = undefined;
      this.#thread.setBusy(false);
    }
  }

  #settle(reply: Reply): void {
    if ("response" in reply) {
      this.#pending?.resolve(reply.response);
    } else {
      this.#pending?.reject(new HoldfastError(reply.code, reply.message, { reason: reply.reason }));
    }
  }

  #end(cause: string): void {
    this.#ended ??= ended(cause);
    this.#pending?.reject(this.#ended);
  }
}

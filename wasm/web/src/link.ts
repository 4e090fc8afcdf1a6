import { ended, HoldfastError, messageOf } from "./error.js";
import { Instance } from "./instance.js";
import { inNode, nodeModule } from "./platform.js";
import { answer, type Reply, type Request } from "./request.js";

/** The way to an instance, for one call at a time. */
export interface Link {
  /** Rejects if the instance has ended, or ends before it answers. `transfer` gives the body's memory away. */
  call(request: Request, transfer: boolean): Promise<Uint8Array>;
  /** Ends the instance at once, also during a call. */
  close(): void;
}

/** Whether an instance runs in a worker, or how to make that in a browser: a Worker that runs the package's `worker.js`. */
export type WorkerChoice = boolean | (() => Worker);

/** Starts an instance beside what runs here, or within it. */
export async function connect(module: WebAssembly.Module, worker: WorkerChoice): Promise<Link> {
  if (worker === false) {
    return new Within(await Instance.start(module));
  }
  const link = new Beside(await threadOf(worker));
  await link.start(module);
  return link;
}

async function threadOf(worker: true | (() => Worker)): Promise<Thread> {
  if (worker !== true) {
    return browserThread(worker());
  }
  return inNode ? nodeThread() : browserThread(new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "holdfast" }));
}

class Within implements Link {
  #instance: Instance | undefined;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  async call(request: Request): Promise<Uint8Array> {
    await breath();
    if (this.#instance === undefined) {
      throw ended("it was closed");
    }
    return answer(this.#instance, request);
  }

  close(): void {
    this.#instance = undefined;
  }
}

/** Lets others have their turn: events, timers, painting. */
function breath(): Promise<void> {
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

/** What a browser's Worker and Node's have in common, once their differences are seen to. */
interface Thread {
  post(message: WebAssembly.Module | Request, transfer: ArrayBuffer[]): void;
  listen(onReply: (reply: Reply) => void, onEnd: (why: string) => void): void;
  /** Says whether the process waits for it. */
  wanted(yes: boolean): void;
  end(): void;
}

class Beside implements Link {
  readonly #thread: Thread;
  #waits: { resolve: (frame: Uint8Array) => void; reject: (fault: HoldfastError) => void } | undefined;
  #ended: HoldfastError | undefined;

  constructor(thread: Thread) {
    this.#thread = thread;
    thread.listen(
      (reply) => this.#settle(reply),
      (why) => this.#end(why),
    );
  }

  async start(module: WebAssembly.Module): Promise<void> {
    try {
      await this.#ask(module, []);
    } catch (fault) {
      this.#thread.end();
      throw fault;
    }
  }

  call(request: Request, transfer: boolean): Promise<Uint8Array> {
    const { body } = request;
    return this.#ask(request, transfer && body instanceof Uint8Array && body.buffer instanceof ArrayBuffer ? [body.buffer] : []);
  }

  close(): void {
    this.#thread.end();
    this.#end("it was closed");
  }

  async #ask(message: WebAssembly.Module | Request, transfer: ArrayBuffer[]): Promise<Uint8Array> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    this.#thread.wanted(true);
    try {
      return await new Promise((resolve, reject) => {
        this.#waits = { resolve, reject };
        this.#thread.post(message, transfer);
      });
    } finally {
      this.#waits = undefined;
      this.#thread.wanted(false);
    }
  }

  #settle(reply: Reply): void {
    if ("answer" in reply) {
      this.#waits?.resolve(reply.answer);
    } else {
      this.#waits?.reject(new HoldfastError(reply.code, reply.message));
    }
  }

  #end(why: string): void {
    this.#ended ??= ended(why);
    this.#waits?.reject(this.#ended);
  }
}

function browserThread(worker: Worker): Thread {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onReply, onEnd) {
      worker.onmessage = (event: MessageEvent<Reply>) => onReply(event.data);
      worker.onmessageerror = () => onEnd("its answer could not be read");
      worker.onerror = (event) => onEnd(event.message || "its worker could not be loaded");
    },
    wanted() {},
    end: () => worker.terminate(),
  };
}

async function nodeThread(): Promise<Thread> {
  const threads = (await import(/* @vite-ignore */ nodeModule("worker_threads"))) as typeof import("node:worker_threads");
  const worker = new threads.Worker(new URL(/* @vite-ignore */ "./worker.js", import.meta.url), { name: "holdfast" });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onReply, onEnd) {
      worker.on("message", onReply);
      worker.on("messageerror", () => onEnd("its answer could not be read"));
      worker.on("error", (fault) => onEnd(messageOf(fault)));
      worker.on("exit", () => onEnd("its thread has ended"));
    },
    wanted: (yes) => (yes ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

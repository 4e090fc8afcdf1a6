import { messageOf } from "./error.js";
import type { Reply, Request } from "./instance.js";

/*
 * The differences between browsers and Node.
 */

/** True in Node. There, workers are threads, and fetch does not support file URLs. */
export const inNode = typeof process !== "undefined" && typeof process.versions?.node === "string" && typeof Worker === "undefined";

/**
 * The specifier of a module of Node. The function hides it from bundlers for browsers, which would try to resolve it.
 */
export function nodeModule(name: string): string {
  return `node:${name}`;
}

/** Reads a file URL in Node. */
export async function readFile(url: URL): Promise<Response> {
  const files = (await import(/* @vite-ignore */ nodeModule("fs/promises"))) as typeof import("node:fs/promises");
  const type = { gz: "application/gzip", br: "application/brotli" }[url.pathname.slice(-2)] ?? "application/wasm";
  return new Response(new Uint8Array(await files.readFile(url)), { headers: { "content-type": type } });
}

/** A worker of a browser or of Node. */
export interface Thread {
  post(message: WebAssembly.Module | Request, transfer: ArrayBuffer[]): void;
  listen(onReply: (reply: Reply) => void, onEnd: (cause: string) => void): void;
  /** Sets whether the thread keeps the process of Node alive. */
  setBusy(busy: boolean): void;
  terminate(): void;
}

/** Starts the package's `worker.js`, or wraps the Worker that `make` returns. */
export async function startThread(make?: () => Worker): Promise<Thread> {
  if (make !== undefined) {
    return browserThread(make());
  }
  return inNode ? nodeThread() : browserThread(new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "holdfast" }));
}

function browserThread(worker: Worker): Thread {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onReply, onEnd) {
      worker.onmessage = (event: MessageEvent<Reply>) => onReply(event.data);
      worker.onmessageerror = () => onEnd("cannot decode a message of the worker");
      worker.onerror = (event) => onEnd(event.message || "cannot load the worker");
    },
    setBusy() {},
    terminate: () => worker.terminate(),
  };
}

async function nodeThread(): Promise<Thread> {
  const threads = (await import(/* @vite-ignore */ nodeModule("worker_threads"))) as typeof import("node:worker_threads");
  const worker = new threads.Worker(new URL(/* @vite-ignore */ "./worker.js", import.meta.url), { name: "holdfast" });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onReply, onEnd) {
      worker.on("message", onReply);
      worker.on("messageerror", () => onEnd("cannot decode a message of the worker"));
      worker.on("error", (error) => onEnd(messageOf(error)));
      worker.on("exit", () => onEnd("the thread has exited"));
    },
    setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

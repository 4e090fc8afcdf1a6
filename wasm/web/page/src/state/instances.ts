import { Holdfast } from "../../../src/index.js";
import { compile, packedModule } from "../../../src/module.js";

/** The URL of the module. It is packed, so that the server need not compress it. */
const address = packedModule(new URL("holdfast.wasm", document.baseURI));

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Fetches and compiles the module in a worker, and ends the worker: until garbage is collected in its thread, the
 * buffers of the download and of the compiler take several times the size of the module. If that fails, the calling
 * thread compiles the module.
 */
async function compileApart(): Promise<WebAssembly.Module> {
  const worker = new Worker(new URL("./compiler.ts", import.meta.url), { type: "module", name: "compiler" });
  const module = await new Promise<WebAssembly.Module | undefined>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<WebAssembly.Module | undefined>) => resolve(data);
    worker.onerror = worker.onmessageerror = () => resolve(undefined);
    worker.postMessage(address.href);
  });
  worker.terminate();
  return module ?? compile(address);
}

/** Starts an instance in a worker. The module is fetched and compiled once. */
export function start(signal?: AbortSignal): Promise<Holdfast> {
  compiled ??= compileApart().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return Holdfast.start(signal === undefined ? { module: compiled } : { module: compiled, signal });
}

/** Runs long work on a new instance, so that queries do not wait for it, and ends the instance afterwards. */
export async function withInstance<Value>(run: (holdfast: Holdfast) => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const holdfast = await start(signal);
  try {
    return await run(holdfast);
  } finally {
    holdfast.close();
  }
}

let next: Promise<Holdfast> | undefined;

/** Starts the instance of the next file in advance. A failure surfaces in `take`. */
export function prepare(): void {
  next ??= start();
  next.catch(() => undefined);
}

/**
 * Returns an instance for the queries about one file. The caller ends it: the memory of an instance never shrinks, so
 * the next file gets a new one.
 */
export async function take(): Promise<Holdfast> {
  const taken = next ?? start();
  next = undefined;
  return taken;
}

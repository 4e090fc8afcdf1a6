import { Holdfast } from "../../../src/index.js";
import { compile, packedModule } from "../../../src/module.js";

/** The URL of the module. It is packed, so that the server need not compress it. */
const address = packedModule(new URL("holdfast.wasm", document.baseURI));

let compiled: Promise<WebAssembly.Module> | undefined;

/** Starts an instance in a worker. The module is fetched and compiled once. */
export async function start(signal?: AbortSignal): Promise<Holdfast> {
  compiled ??= compile(address);
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (error) {
    compiled = undefined;
    throw error;
  }
  return Holdfast.start(signal === undefined ? { module } : { module, signal });
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

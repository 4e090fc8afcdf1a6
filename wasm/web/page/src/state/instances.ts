import { Holdfast } from "../../../src/index.js";
import { compile } from "../../../src/module.js";

/** The URL of the module. It is gzip'd, so that the server need not compress it. */
const address = new URL("holdfast.wasm.gz", document.baseURI);

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

/** The instance for short queries about the open file. It starts again after it has ended. */
class QueryInstance {
  #started: Promise<Holdfast> | undefined;

  async get(): Promise<Holdfast> {
    const started = await this.#started?.catch(() => undefined);
    if (started === undefined || started.ended !== undefined) {
      this.#started = start();
    }
    return this.#started!;
  }
}

export const queries = new QueryInstance();

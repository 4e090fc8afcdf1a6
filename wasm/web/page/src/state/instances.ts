import { Holdfast } from "../../../src/index.js";
import { compile } from "../../../src/module.js";

/** The module beside the page, packed: any static server can give it out as it is. */
const address = new URL("holdfast.wasm.gz", document.baseURI);

let compiled: Promise<WebAssembly.Module> | undefined;

/** Starts an instance in a worker. The module is fetched and compiled once for all. */
export async function start(signal?: AbortSignal): Promise<Holdfast> {
  compiled ??= compile(address);
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (fault) {
    compiled = undefined;
    throw fault;
  }
  return Holdfast.start(signal === undefined ? { module } : { module, signal });
}

/** Does something on an instance of its own, so that nothing else waits for it, and ends that. */
export async function aside<Value>(run: (holdfast: Holdfast) => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const holdfast = await start(signal);
  try {
    return await run(holdfast);
  } finally {
    holdfast.close();
  }
}

/** The one for questions about the file, which every click asks: started before it is needed, and anew after it has ended. */
class Questions {
  #started: Promise<Holdfast> | undefined;

  async get(): Promise<Holdfast> {
    const started = await this.#started?.catch(() => undefined);
    if (started === undefined || started.ended !== undefined) {
      this.#started = start();
    }
    return this.#started!;
  }
}

export const questions = new Questions();

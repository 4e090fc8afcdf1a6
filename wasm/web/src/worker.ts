import { HoldfastError, messageOf } from "./error.js";
import { Instance, type Reply, type Request } from "./instance.js";
import { inNode, nodeModule } from "./platform.js";

/*
 * The code of the worker. The first message is the module; each further message is a request. The worker sends one
 * reply to each message.
 */

interface Port {
  postMessage(reply: Reply, transfer: ArrayBuffer[]): void;
}

let instance: Promise<Instance>;

async function receive(port: Port, message: WebAssembly.Module | Request): Promise<void> {
  try {
    if (message instanceof WebAssembly.Module) {
      instance = Instance.start(message);
      await instance;
      port.postMessage({ response: new Uint8Array() }, []);
      return;
    }
    const response = await (await instance).handle(message);
    port.postMessage({ response }, [response.buffer as ArrayBuffer]);
  } catch (error) {
    const { code, reason } = error instanceof HoldfastError ? error : { code: "internal" as const, reason: undefined };
    port.postMessage({ code, reason, message: messageOf(error) }, []);
  }
}

if (inNode) {
  // No await at the top level: bundlers put workers into scripts that aren't modules. Messages wait for the listener.
  void (import(/* @vite-ignore */ nodeModule("worker_threads")) as Promise<typeof import("node:worker_threads")>).then(({ parentPort }) => {
    parentPort?.on("message", (message: WebAssembly.Module | Request) => void receive(parentPort, message));
  });
} else {
  const scope = self as unknown as Port & { onmessage: (event: MessageEvent) => void };
  scope.onmessage = (event) => void receive(scope, event.data as WebAssembly.Module | Request);
}

import { HoldfastError, messageOf } from "./error.js";
import { Instance } from "./instance.js";
import { inNode, nodeModule } from "./platform.js";
import { answer, type Reply, type Request } from "./request.js";

/*
 * What runs in the worker: the first message is the module, each one after it a request. There is one reply to each.
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
      port.postMessage({ answer: new Uint8Array() }, []);
      return;
    }
    const frame = await answer(await instance, message);
    port.postMessage({ answer: frame }, [frame.buffer as ArrayBuffer]);
  } catch (fault) {
    const code = fault instanceof HoldfastError ? fault.code : "internal";
    port.postMessage({ code, message: messageOf(fault) }, []);
  }
}

if (inNode) {
  const { parentPort } = (await import(/* @vite-ignore */ nodeModule("worker_threads"))) as typeof import("node:worker_threads");
  parentPort?.on("message", (message: WebAssembly.Module | Request) => void receive(parentPort, message));
} else {
  const scope = self as unknown as Port & { onmessage: (event: MessageEvent) => void };
  scope.onmessage = (event) => void receive(scope, event.data as WebAssembly.Module | Request);
}

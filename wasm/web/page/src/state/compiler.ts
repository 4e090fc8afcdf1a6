import { compile } from "../../../src/module.js";

/*
 * The code of a worker that compiles the module at a URL, which is its first message, and replies with the compiled
 * module. After a failure, it replies with undefined.
 */

const scope = self as unknown as { onmessage: (event: MessageEvent<string>) => void; postMessage(reply: WebAssembly.Module | undefined): void };
scope.onmessage = ({ data }) =>
  void compile(data).then(
    (module) => scope.postMessage(module),
    () => scope.postMessage(undefined),
  );

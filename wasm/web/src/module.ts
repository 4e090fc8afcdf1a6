import { HoldfastError, messageOf } from "./error.js";
import { inNode, nodeModule } from "./platform.js";

/**
 * Where the module comes from: compiled, its bytes, a response that has them, or an address. Whatever ends in `.gz` or is of
 * type `application/gzip` is unpacked on the way, for servers that don't compress by themselves.
 */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | URL | string;

let packaged: Promise<WebAssembly.Module> | undefined;

/** Compiles the module, while it is still on its way where that can be; the package's own is compiled once for all. */
export async function compile(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<WebAssembly.Module> {
  if (source === undefined) {
    packaged ??= compile(new URL("holdfast.wasm", import.meta.url)).catch((fault: unknown) => {
      packaged = undefined;
      throw fault;
    });
    return packaged;
  }
  try {
    const given = await source;
    if (given instanceof WebAssembly.Module) {
      return given;
    }
    if (given instanceof Response) {
      return await compileResponse(given);
    }
    if (given instanceof URL || typeof given === "string") {
      return await compileResponse(await get(new URL(given, globalThis.location?.href)));
    }
    return await WebAssembly.compile(given);
  } catch (fault) {
    if (fault instanceof HoldfastError) {
      throw fault;
    }
    throw new HoldfastError("invalid_argument", `the module: ${messageOf(fault)}`, { cause: fault });
  }
}

async function get(url: URL): Promise<Response> {
  try {
    return url.protocol === "file:" && inNode ? await readFile(url) : await fetch(url);
  } catch (fault) {
    throw new HoldfastError("not_found", `the module: ${url}: ${messageOf(fault)}`, { cause: fault });
  }
}

async function readFile(url: URL): Promise<Response> {
  const files = (await import(/* @vite-ignore */ nodeModule("fs/promises"))) as typeof import("node:fs/promises");
  const type = url.pathname.endsWith(".gz") ? "application/gzip" : "application/wasm";
  return new Response(new Uint8Array(await files.readFile(url)), { headers: { "content-type": type } });
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok || response.body === null) {
    throw new HoldfastError("not_found", `the module: ${response.url}: ${response.status} ${response.statusText}`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (type === "application/wasm") {
    return WebAssembly.compileStreaming(response);
  }
  // A server that knows the ending .gz may have declared the encoding: then the browser has unpacked it already.
  const packed = (response.url.endsWith(".gz") || /^application\/(x-)?gzip$/.test(type)) && !response.headers.has("content-encoding");
  const body = packed ? response.body.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array>) : response.body;
  return WebAssembly.compileStreaming(new Response(body, { headers: { "content-type": "application/wasm" } }));
}

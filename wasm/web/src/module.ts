import { HoldfastError, messageOf } from "./error.js";
import { inNode, readFile } from "./platform.js";

/**
 * The source of the module: compiled, its bytes, a response with the bytes, or a URL. URLs that end in `.gz` and
 * responses of type `application/gzip` are unpacked, for servers that do not compress.
 */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | URL | string;

let packaged: Promise<WebAssembly.Module> | undefined;

/** Compiles the module, if possible while it is downloaded. The module of the package is compiled only once. */
export async function compile(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<WebAssembly.Module> {
  if (source === undefined) {
    packaged ??= compile(new URL("./holdfast.wasm", import.meta.url)).catch((error: unknown) => {
      packaged = undefined;
      throw error;
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
  } catch (error) {
    if (error instanceof HoldfastError) {
      throw error;
    }
    throw new HoldfastError("invalid_argument", `the module: ${messageOf(error)}`, { cause: error });
  }
}

async function get(url: URL): Promise<Response> {
  try {
    return url.protocol === "file:" && inNode ? await readFile(url) : await fetch(url);
  } catch (error) {
    throw new HoldfastError("not_found", `the module: ${url}: ${messageOf(error)}`, { cause: error });
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok || response.body === null) {
    throw new HoldfastError("not_found", `the module: ${response.url}: ${response.status} ${response.statusText}`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (type === "application/wasm") {
    return WebAssembly.compileStreaming(response);
  }
  // Some servers send .gz files with a content-encoding; the browser has already unpacked those.
  const plain = response.headers.has("content-encoding");
  const format = plain ? undefined : formats.find(({ suffix, types }) => response.url.endsWith(suffix) || types.test(type));
  const body = format === undefined ? response.body : response.body.pipeThrough(unpacker(format.name));
  return WebAssembly.compileStreaming(new Response(body, { headers: { "content-type": "application/wasm" } }));
}

/** The formats of packed modules. Browsers get the second one unless they unpack the first one. */
const formats = [
  { name: "brotli", suffix: ".br", types: /^application\/(x-)?(brotli|br)$/ },
  { name: "gzip", suffix: ".gz", types: /^application\/(x-)?gzip$/ },
] as const;

function unpacker(format: string): ReadableWritablePair<Uint8Array, Uint8Array> {
  return new DecompressionStream(format as CompressionFormat) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
}

/**
 * Returns the smallest packed form of the module that this platform unpacks: `url` with `.br` or `.gz`, for servers
 * that do not compress. Both files are in the package.
 */
export function packedModule(url: URL | string): URL {
  const smallest = formats.find(({ name }) => canUnpack(name));
  return new URL(`${url}${smallest?.suffix ?? ""}`, globalThis.location?.href);
}

function canUnpack(format: string): boolean {
  try {
    unpacker(format);
    return true;
  } catch {
    return false;
  }
}

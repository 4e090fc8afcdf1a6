import { ConsoleStdout, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import { ended, HoldfastError, messageOf, type Code, type FileReason } from "./error.js";

/** The version of the ABI that this package supports. */
const abiVersion = 1;

/** A request to an instance. */
export interface Request {
  header: Uint8Array;
  body?: Uint8Array | Blob;
}

/** The reply of a worker: the frame of the response, or an error. */
export type Reply = { response: Uint8Array } | { code: Code; reason: FileReason | undefined; message: string };

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  abi_version(): number;
  alloc(size: number): number;
  free(address: number): void;
  call(address: number, size: number): bigint;
}

/** An instance of the module; see ABI.md. */
export class Instance {
  readonly #exports: Exports;
  readonly #stderr: string[]; // the last lines
  #ended: HoldfastError | undefined;

  private constructor(exports: Exports, stderr: string[]) {
    this.#exports = exports;
    this.#stderr = stderr;
  }

  /**
   * Starts an instance. Fails with `invalid_argument` if the module is a different one or has another version of the
   * ABI.
   */
  static async start(module: WebAssembly.Module): Promise<Instance> {
    const stderr: string[] = [];
    const output = ConsoleStdout.lineBuffered((line) => {
      stderr.push(line);
      stderr.splice(0, stderr.length - 8);
    });
    const wasi = new WASI([], [], [new OpenFile(new File([])), output, output], { debug: false });
    try {
      const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports });
      const exports = instance.exports as unknown as Exports;
      wasi.initialize(instance as unknown as Parameters<WASI["initialize"]>[0]);
      const version = exports.abi_version();
      if (version !== abiVersion) {
        throw new Error(`its ABI has version ${version}; this package supports version ${abiVersion}`);
      }
      return new Instance(exports, stderr);
    } catch (error) {
      throw new HoldfastError("invalid_argument", `the module: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Sends a request and returns a copy of the frame of the response. If the instance traps, it ends: this call and all
   * later calls fail with `unavailable`.
   */
  async handle({ header, body }: Request): Promise<Uint8Array> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    try {
      return await this.#send(header, body);
    } catch (error) {
      if (error instanceof HoldfastError) {
        throw error;
      }
      this.#ended = ended([messageOf(error), ...this.#stderr].join("; "));
      throw this.#ended;
    }
  }

  async #send(header: Uint8Array, body: Uint8Array | Blob | undefined): Promise<Uint8Array> {
    const size = body instanceof Blob ? body.size : (body?.length ?? 0);
    const request = this.#alloc(header, size);
    const at = request + 4 + header.length;
    if (body instanceof Blob) {
      try {
        await this.#fill(body, at);
      } catch (error) {
        this.#exports.free(request);
        throw error;
      }
    } else if (body !== undefined) {
      new Uint8Array(this.#exports.memory.buffer).set(body, at);
    }
    const response = this.#call(request, 4 + header.length + size);
    this.#exports.free(request);
    return response;
  }

  /** Allocates a request with a body of a size and writes its header. */
  #alloc(header: Uint8Array, size: number): number {
    const total = 4 + header.length + size;
    const request = this.#exports.alloc(total) >>> 0;
    if (request === 0) {
      throw new HoldfastError("resource_exhausted", `a request of ${total} bytes is too large`, { reason: "too_large" });
    }
    const { buffer } = this.#exports.memory;
    new DataView(buffer).setUint32(request, header.length, true);
    new Uint8Array(buffer).set(header, request + 4);
    return request;
  }

  /** Reads a file into the memory, without a copy of the whole file outside of it. */
  async #fill(file: Blob, at: number): Promise<void> {
    const end = at + file.size;
    try {
      const reader = file.stream().getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        if (at + part.value.length > end) {
          throw new Error("it grows");
        }
        new Uint8Array(this.#exports.memory.buffer).set(part.value, at);
        at += part.value.length;
      }
      if (at < end) {
        throw new Error("it shrinks");
      }
    } catch (error) {
      throw new HoldfastError("invalid_argument", `cannot read the file: ${messageOf(error)}`, { cause: error, reason: "unreadable" });
    }
  }

  #call(request: number, size: number): Uint8Array {
    const packed = BigInt.asUintN(64, this.#exports.call(request, size));
    const address = Number(packed >> 32n);
    const response = new Uint8Array(this.#exports.memory.buffer).slice(address, address + Number(packed & 0xffffffffn));
    this.#exports.free(address);
    return response;
  }
}

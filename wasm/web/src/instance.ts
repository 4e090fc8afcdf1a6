import { ConsoleStdout, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import { ended, HoldfastError, messageOf } from "./error.js";

/** The version of the ABI that this package speaks. */
const abiVersion = 1;

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  abi_version(): number;
  alloc(size: number): number;
  free(address: number): void;
  call(address: number, size: number): bigint;
}

/** An instance of the module. What it is told and answers are frames: see ABI.md. */
export class Instance {
  readonly #exports: Exports;
  readonly #said: string[]; // the last lines that it wrote to standard error
  #ended: HoldfastError | undefined;

  private constructor(exports: Exports, said: string[]) {
    this.#exports = exports;
    this.#said = said;
  }

  /** Fails with `invalid_argument` if the module is another one, or of another version. */
  static async start(module: WebAssembly.Module): Promise<Instance> {
    const said: string[] = [];
    const listen = ConsoleStdout.lineBuffered((line) => {
      said.push(line);
      said.splice(0, said.length - 8);
    });
    const wasi = new WASI([], [], [new OpenFile(new File([])), listen, listen], { debug: false });
    try {
      const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports });
      const exports = instance.exports as unknown as Exports;
      wasi.initialize(instance as unknown as Parameters<WASI["initialize"]>[0]);
      const version = exports.abi_version();
      if (version !== abiVersion) {
        throw new Error(`its ABI has version ${version}, this package speaks ${abiVersion}`);
      }
      return new Instance(exports, said);
    } catch (fault) {
      throw new HoldfastError("invalid_argument", `the module: ${messageOf(fault)}`, { cause: fault });
    }
  }

  /**
   * Sends a frame and returns the answer's, a copy. An instance that traps has ended: this call and all after it fail with
   * `unavailable`.
   */
  call(header: Uint8Array, body?: Uint8Array): Uint8Array {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    try {
      return this.#call(header, body);
    } catch (fault) {
      if (fault instanceof HoldfastError) {
        throw fault;
      }
      this.#ended = ended([messageOf(fault), ...this.#said].join("; "));
      throw this.#ended;
    }
  }

  #call(header: Uint8Array, body?: Uint8Array): Uint8Array {
    const size = 4 + header.length + (body?.length ?? 0);
    const request = this.#exports.alloc(size) >>> 0;
    if (request === 0) {
      throw new HoldfastError("resource_exhausted", `${size} bytes are too many for one call`);
    }
    const memory = this.#exports.memory;
    new DataView(memory.buffer).setUint32(request, header.length, true);
    new Uint8Array(memory.buffer).set(header, request + 4);
    if (body !== undefined) {
      new Uint8Array(memory.buffer).set(body, request + 4 + header.length);
    }
    const packed = BigInt.asUintN(64, this.#exports.call(request, size));
    const address = Number(packed >> 32n);
    const answer = new Uint8Array(memory.buffer).slice(address, address + Number(packed & 0xffffffffn));
    this.#exports.free(request);
    this.#exports.free(address);
    return answer;
  }
}

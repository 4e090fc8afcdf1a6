import type { Fsck, Salvaged } from "./answers.js";
import { Calls, type CallOptions } from "./calls.js";
import { canceled, ended, HoldfastError, type FileReason } from "./error.js";
import { examinationOf, MetaFile, type CheckOptions, type ReadOptions } from "./file.js";
import { run, type Watch } from "./job.js";
import { connect, type WorkerChoice } from "./link.js";
import { compile, type ModuleSource } from "./module.js";
import { HoldfastNode } from "./node.js";
import { headOf, probedFrom, skeletonOf } from "./probe.js";
import { replay, type Replay, type ReplayOptions } from "./replay.js";
import { simulationArgs, studyArgs, type Comparison, type Outcome, type Simulation, type SimulationProgress, type Study, type StudyProgress } from "./study.js";
import { open, type Owner } from "./subject.js";
import type { Setup } from "./trace.js";
import { checkBytes, timeOf, type Bytes, type Text } from "./values.js";

/** Options to start an instance. */
export interface StartOptions {
  /** The source of the module. Default: the `holdfast.wasm` of the package. */
  module?: ModuleSource | PromiseLike<ModuleSource>;
  /**
   * Run the instance in a Worker or a thread of Node. Default: true. In your own Worker, choose false. If a bundler
   * moves `worker.js`, pass a function that creates the Worker, for example `() => new Worker(url, { type: "module"
   * })`.
   */
  worker?: WorkerChoice;
  /** Ends the instance at once, also during a call. */
  signal?: AbortSignal;
}

/** Options to open a database on a node. */
export interface OpenOptions extends CallOptions {
  /** A `meta.db`, gzip'd or not. Of an archive, only the `meta.db` counts. */
  bytes: Bytes;
  /** The version of containerd to apply. Default: the newest. The database is migrated to its schema. */
  rules?: string;
  /** The time on the node's clock. Default: the latest time in the database. */
  now?: Date | string;
  /** The rest of the configuration. */
  setup?: Setup;
  /** Detaches `bytes` instead of copying it. */
  transfer?: boolean;
}

/** Options to salvage a database. */
export interface SalvageOptions extends CallOptions {
  /** A damaged `meta.db`, or an archive, gzip'd or not. */
  bytes: Bytes;
  /** Detaches `bytes` instead of copying it. */
  transfer?: boolean;
}

/** The capabilities of the module. */
export interface About {
  /** The version of the ABI. */
  abi: number;
  /** The version of the JSON of Ops. */
  ops: number;
  verbs: string[];
  /** The names of all kinds of Ops. */
  kinds: string[];
}

/**
 * An instance of the module with its own memory and thread. It runs one call at a time, in order. Its nodes and files
 * are independent. If the instance runs out of memory, it ends, and every later call fails with `unavailable`.
 *
 * The static methods use a shared instance. It starts on first use, and again after it has ended. With the options
 * `module` or `worker`, a static method starts a new instance, which ends when all its nodes and files are closed.
 *
 * Invariant: `#open` is the number of open nodes and files. With `#closeWhenIdle`, the instance is closed as soon as
 * `#open` is 0.
 */
export class Holdfast implements AsyncDisposable {
  readonly #calls: Calls;
  readonly #owner: Owner;
  #closeWhenIdle = false;
  #open = 0;

  private constructor(calls: Calls) {
    this.#calls = calls;
    this.#owner = {
      calls,
      opened: () => this.#open++,
      closed: () => {
        this.#open--;
        this.#closeIfIdle();
      },
    };
  }

  #closeIfIdle(): void {
    if (this.#closeWhenIdle && this.#open === 0) {
      this.close();
    }
  }

  /** Runs `use` with the shared instance or, if options are given, with a new one. */
  static async #with<T>({ module, worker }: StartOptions, use: (holdfast: Holdfast) => Promise<T>): Promise<T> {
    if (module === undefined && worker === undefined) {
      return use(await Holdfast.shared());
    }
    const holdfast = await Holdfast.start({ module, worker });
    try {
      return await use(holdfast);
    } finally {
      holdfast.#closeWhenIdle = true;
      holdfast.#closeIfIdle();
    }
  }

  static #shared: Promise<Holdfast> | undefined;

  /** Compiles a module for use in several instances. The module of the package is compiled only once in any case. */
  static compile(module?: ModuleSource | PromiseLike<ModuleSource>): Promise<WebAssembly.Module> {
    return compile(module);
  }

  /** Starts an instance. */
  static async start(options: StartOptions = {}): Promise<Holdfast> {
    const { module, worker = true, signal } = options;
    if (signal?.aborted) {
      throw canceled(signal);
    }
    const holdfast = new Holdfast(new Calls(await connect(compile(module), worker)));
    if (signal?.aborted) {
      holdfast.close();
      throw canceled(signal);
    }
    signal?.addEventListener("abort", () => holdfast.close(), { once: true });
    return holdfast;
  }

  /** Returns the shared instance. */
  static async shared(): Promise<Holdfast> {
    const before = Holdfast.#shared;
    const absent = before === undefined || (await before.then(({ ended }) => ended !== undefined, () => true));
    if (absent && Holdfast.#shared === before) {
      Holdfast.#shared = Holdfast.start();
    }
    return Holdfast.#shared!;
  }

  /** The cause of the end of the instance; undefined while it runs. */
  get ended(): Error | undefined {
    return this.#calls.ended;
  }

  /** Ends the instance and all its nodes at once. Running and waiting calls fail with `unavailable`. */
  close(): void {
    this.#calls.close(ended("it was closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Opens a node that starts with an existing database. */
  async open(options: OpenOptions): Promise<HoldfastNode> {
    const { rules, now, setup, transfer, signal } = options;
    const args = { ...setupOf(setup), ...(rules !== undefined && { rules }), ...(now !== undefined && { start: timeOf(now) }) };
    return open(this.#owner, { verb: "open", args, body: checkBytes(options.bytes, "open"), transfer, signal }, HoldfastNode);
  }

  /** Opens an empty node. */
  async create(setup?: Setup, options: CallOptions = {}): Promise<HoldfastNode> {
    return open(this.#owner, { verb: "new", args: setupOf(setup), ...options }, HoldfastNode);
  }

  /** Opens a database as a file, which answers the same queries as the command. */
  async read(options: ReadOptions): Promise<MetaFile> {
    const { transfer, signal, salvage } = options;
    const body = checkBytes(options.bytes, "read");
    if (body instanceof Blob) {
      await this.#refuseWrong(body, signal);
    }
    return open(this.#owner, { verb: "read", args: { ...examinationOf(options), salvage }, body, transfer, signal }, MetaFile);
  }

  /** Fails if the first pages of a large file show that it is not containerd's database, before the file is copied. */
  async #refuseWrong(file: Blob, signal: AbortSignal | undefined): Promise<void> {
    const head = file.size < probedFrom ? undefined : await headOf(file);
    if (head === undefined) {
      return;
    }
    await this.#tryRead(head, ["not_bolt", "bad_version"], signal);
    const skeleton = await skeletonOf(file, head);
    if (skeleton !== undefined) {
      await this.#tryRead(skeleton, ["foreign"], signal);
    }
  }

  /** Reads a part of a file, which fails for one of the reasons. Every other result tells nothing about the file. */
  async #tryRead(body: Uint8Array, reasons: readonly FileReason[], signal: AbortSignal | undefined): Promise<void> {
    try {
      const file = await open(this.#owner, { verb: "read", args: examinationOf({}), body, signal }, MetaFile);
      await file.close();
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code === "canceled" || error.code === "unavailable" || (error.reason !== undefined && reasons.includes(error.reason))) {
        throw error;
      }
    }
  }

  /**
   * Checks a database, the pages of its file and, in an archive, the snapshotters, as `holdfast fsck` does. The file
   * may be too damaged for `read`.
   */
  async check(options: CheckOptions): Promise<Fsck> {
    const { transfer, signal, verify, onProgress } = options;
    const body = checkBytes(options.bytes, "check");
    const args = { ...examinationOf(options), verify, job: true };
    return run(this.#calls, { verb: "check", args, body, transfer }, { onProgress, signal }, 1);
  }

  /**
   * Reads a damaged database as far as possible. Returns what is lost, and the rest as a sound database that containerd
   * can open. Fails with the reason `damaged` if nothing can be read. Of an archive, the result is the `meta.db`.
   */
  async salvage(options: SalvageOptions): Promise<{ salvaged: Salvaged; bytes: Uint8Array }> {
    const { transfer, signal } = options;
    const { value, body } = await this.#calls.call<Salvaged>({ verb: "salvage", body: checkBytes(options.bytes, "salvage"), transfer, signal });
    return { salvaged: value, bytes: body };
  }

  /** Applies a trace to a new node. The caller closes the node. */
  async replay(trace: Text, options: ReplayOptions = {}): Promise<Replay> {
    return replay((setup) => this.create(setup, { signal: options.signal }), trace, options);
  }

  /** Runs a random history on a node and checks it against an oracle, which reports a failure in the outcome. */
  async simulate(options: Simulation & Watch<SimulationProgress> = {}): Promise<Outcome> {
    const { onProgress, signal, ...simulation } = options;
    return run(this.#calls, { verb: "simulate", args: simulationArgs(simulation) }, { onProgress, signal });
  }

  /** Compares GC policies under the same loads. */
  async compare(options: Study & Watch<StudyProgress> = {}): Promise<Comparison> {
    const { onProgress, signal, ...study } = options;
    return run(this.#calls, { verb: "compare", args: studyArgs(study) }, { onProgress, signal });
  }

  /** Returns the capabilities of the module. */
  async about(): Promise<About> {
    return (await this.#calls.call<About>({ verb: "about" })).value;
  }

  static open(options: OpenOptions & StartOptions): Promise<HoldfastNode> {
    return Holdfast.#with(options, (holdfast) => holdfast.open(options));
  }

  static create(setup?: Setup, options: CallOptions & StartOptions = {}): Promise<HoldfastNode> {
    return Holdfast.#with(options, (holdfast) => holdfast.create(setup, options));
  }

  static read(options: ReadOptions & StartOptions): Promise<MetaFile> {
    return Holdfast.#with(options, (holdfast) => holdfast.read(options));
  }

  static check(options: CheckOptions & StartOptions): Promise<Fsck> {
    return Holdfast.#with(options, (holdfast) => holdfast.check(options));
  }

  static salvage(options: SalvageOptions & StartOptions): Promise<{ salvaged: Salvaged; bytes: Uint8Array }> {
    return Holdfast.#with(options, (holdfast) => holdfast.salvage(options));
  }

  static replay(trace: Text, options: ReplayOptions & StartOptions = {}): Promise<Replay> {
    return Holdfast.#with(options, (holdfast) => holdfast.replay(trace, options));
  }

  static simulate(options: Simulation & Watch<SimulationProgress> & StartOptions = {}): Promise<Outcome> {
    const { module, worker, ...rest } = options;
    return Holdfast.#with(options, (holdfast) => holdfast.simulate(rest));
  }

  static compare(options: Study & Watch<StudyProgress> & StartOptions = {}): Promise<Comparison> {
    const { module, worker, ...rest } = options;
    return Holdfast.#with(options, (holdfast) => holdfast.compare(rest));
  }

  static about(options: StartOptions = {}): Promise<About> {
    return Holdfast.#with(options, (holdfast) => holdfast.about());
  }
}

function setupOf(setup: Setup | undefined): Setup {
  return { holdfast: 1, ...setup };
}

import type { Fsck } from "./answers.js";
import { checkBytes, type Bytes, type Text } from "./bytes.js";
import { Calls, type CallOptions } from "./calls.js";
import { canceled, ended } from "./error.js";
import { examinationOf, MetaFile, timeOf, type ExaminationOptions } from "./file.js";
import { run, type Watch } from "./job.js";
import { connect, type WorkerChoice } from "./link.js";
import { compile, type ModuleSource } from "./module.js";
import { HoldfastNode } from "./node.js";
import { replay, type Replayed, type ReplayOptions } from "./replay.js";
import { simulationArgs, studyArgs, type Comparison, type Outcome, type Simulation, type SimulationProgress, type Study, type StudyProgress } from "./study.js";
import { open, type Keeper } from "./subject.js";
import type { Setup } from "./trace.js";

/** How to start an instance. */
export interface StartOptions {
  /** Where the module comes from: the package's own `holdfast.wasm`. */
  module?: ModuleSource | PromiseLike<ModuleSource>;
  /**
   * Run in a Worker, or a thread of Node, so that nothing waits for it: true. Within a Worker of yours, choose false. A function
   * makes the Worker where `worker.js` is not beside the package any more: `() => new Worker(url, { type: "module" })`.
   */
  worker?: WorkerChoice;
  /** Ends the instance at once, whatever it is doing. */
  signal?: AbortSignal;
}

/** How to open a database on a node. */
export interface OpenOptions extends CallOptions {
  /** A `meta.db`, gzip'd or not. */
  bytes: Bytes;
  /** The version of containerd whose rules count: the newest. The database is brought to its schema. */
  rules?: string;
  /** The time on the node's clock: the latest in the database. */
  now?: Date | string;
  /** All else about the node. */
  setup?: Setup;
  /** The memory of `bytes` is given away, instead of copied. */
  transfer?: boolean;
}

/** What the module understands. */
export interface About {
  /** The version of its ABI, and of the form of Ops. */
  abi: number;
  ops: number;
  verbs: string[];
  /** The names of all kinds of Ops. */
  kinds: string[];
}

/**
 * An instance of the module: a memory, and a thread, of its own. It takes one call at a time; calls wait for one another. Its
 * nodes and files are independent. One that traps, because it has no more memory, ends, and every call after that fails
 * with `unavailable`.
 *
 * The functions of the class are the methods on an instance that all share, which is started when it is first used, and
 * again after it has ended. Asked for a module or for `worker`, they start one that ends when all that it has open is closed.
 */
export class Holdfast implements AsyncDisposable {
  readonly #calls: Calls;
  readonly #keeper: Keeper;
  #passing = false; // it is to end with the last that it has open
  #open = 0;

  private constructor(calls: Calls) {
    this.#calls = calls;
    this.#keeper = { calls, opened: () => this.#open++, closed: () => this.#forget() };
  }

  #forget(): void {
    this.#open--;
    this.#pass();
  }

  #pass(): void {
    if (this.#passing && this.#open === 0) {
      this.close();
    }
  }

  /** Makes calls to the instance that all share, or to one of their own. */
  static async #within<T>({ module, worker }: StartOptions, make: (holdfast: Holdfast) => Promise<T>): Promise<T> {
    if (module === undefined && worker === undefined) {
      return make(await Holdfast.shared());
    }
    const holdfast = await Holdfast.start({ module, worker });
    try {
      return await make(holdfast);
    } finally {
      holdfast.#passing = true;
      holdfast.#pass();
    }
  }

  static #shared: Promise<Holdfast> | undefined;

  /** Compiles the module for several instances to share; the package's own is compiled only once in any case. */
  static compile(module?: ModuleSource | PromiseLike<ModuleSource>): Promise<WebAssembly.Module> {
    return compile(module);
  }

  /** Starts an instance. */
  static async start(options: StartOptions = {}): Promise<Holdfast> {
    const { module, worker = true, signal } = options;
    if (signal?.aborted) {
      throw canceled(signal);
    }
    const holdfast = new Holdfast(new Calls(await connect(await compile(module), worker)));
    if (signal?.aborted) {
      holdfast.close();
      throw canceled(signal);
    }
    signal?.addEventListener("abort", () => holdfast.close(), { once: true });
    return holdfast;
  }

  /** The instance that the functions of the class use. */
  static async shared(): Promise<Holdfast> {
    const before = Holdfast.#shared;
    const gone = before === undefined || (await before.then(({ ended }) => ended !== undefined, () => true));
    if (gone && Holdfast.#shared === before) {
      Holdfast.#shared = Holdfast.start();
    }
    return Holdfast.#shared!;
  }

  /** Why the instance has ended; undefined while it has not. */
  get ended(): Error | undefined {
    return this.#calls.ended;
  }

  /** Ends the instance at once, and all its nodes. Calls that run or wait fail with `unavailable`. */
  close(): void {
    this.#calls.close(ended("it was closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** A node whose daemon found a real one's database. */
  async open(options: OpenOptions): Promise<HoldfastNode> {
    const { rules, now, setup, transfer, signal } = options;
    const args = { ...setupOf(setup), ...(rules !== undefined && { rules }), ...(now !== undefined && { start: timeOf(now) }) };
    return open(this.#keeper, { verb: "open", args, body: checkBytes(options.bytes, "open"), transfer, signal }, HoldfastNode);
  }

  /** A node on which nothing is stored. */
  async create(setup?: Setup, options: CallOptions = {}): Promise<HoldfastNode> {
    return open(this.#keeper, { verb: "new", args: setupOf(setup), ...options }, HoldfastNode);
  }

  /** A database as it is, to be asked what the command line is asked. */
  async read(options: ExaminationOptions): Promise<MetaFile> {
    const { transfer, signal } = options;
    const body = checkBytes(options.bytes, "read");
    return open(this.#keeper, { verb: "read", args: examinationOf(options), body, transfer, signal }, MetaFile);
  }

  /** What is wrong with a database, with the pages of its file too: also with one that is too damaged to be read. */
  async check(options: ExaminationOptions): Promise<Fsck> {
    const { transfer, signal } = options;
    const body = checkBytes(options.bytes, "check");
    return (await this.#calls.ask<Fsck>({ verb: "check", args: examinationOf(options), body, transfer, signal })).value;
  }

  /** Applies a trace to a node of its own, which is the caller's to close. */
  async replay(trace: Text, options: ReplayOptions = {}): Promise<Replayed> {
    return replay((setup) => this.create(setup, { signal: options.signal }), trace, options);
  }

  /** Drives a node through a random history, under the eyes of an oracle. What it finds is in the outcome's `failure`. */
  async simulate(options: Simulation & Watch<SimulationProgress> = {}): Promise<Outcome> {
    const { onProgress, signal, ...simulation } = options;
    return run(this.#calls, { verb: "simulate", args: simulationArgs(simulation) }, { onProgress, signal });
  }

  /** Compares policies of collecting and releasing on the same loads. */
  async compare(options: Study & Watch<StudyProgress> = {}): Promise<Comparison> {
    const { onProgress, signal, ...study } = options;
    return run(this.#calls, { verb: "compare", args: studyArgs(study) }, { onProgress, signal });
  }

  async about(): Promise<About> {
    return (await this.#calls.ask<About>({ verb: "about" })).value;
  }

  static open(options: OpenOptions & StartOptions): Promise<HoldfastNode> {
    return Holdfast.#within(options, (holdfast) => holdfast.open(options));
  }

  static create(setup?: Setup, options: CallOptions & StartOptions = {}): Promise<HoldfastNode> {
    return Holdfast.#within(options, (holdfast) => holdfast.create(setup, options));
  }

  static read(options: ExaminationOptions & StartOptions): Promise<MetaFile> {
    return Holdfast.#within(options, (holdfast) => holdfast.read(options));
  }

  static check(options: ExaminationOptions & StartOptions): Promise<Fsck> {
    return Holdfast.#within(options, (holdfast) => holdfast.check(options));
  }

  static replay(trace: Text, options: ReplayOptions & StartOptions = {}): Promise<Replayed> {
    return Holdfast.#within(options, (holdfast) => holdfast.replay(trace, options));
  }

  static simulate(options: Simulation & Watch<SimulationProgress> & StartOptions = {}): Promise<Outcome> {
    const { module, worker, ...rest } = options;
    return Holdfast.#within(options, (holdfast) => holdfast.simulate(rest));
  }

  static compare(options: Study & Watch<StudyProgress> & StartOptions = {}): Promise<Comparison> {
    const { module, worker, ...rest } = options;
    return Holdfast.#within(options, (holdfast) => holdfast.compare(rest));
  }

  static about(options: StartOptions = {}): Promise<About> {
    return Holdfast.#within(options, (holdfast) => holdfast.about());
  }
}

function setupOf(setup: Setup | undefined): Setup {
  return { holdfast: 1, ...setup };
}

import type { Diff, Holdfast, HoldfastNode, Op, Result, Trace } from "../../../src/index.js";

/** An Op of a trace and its result. */
export interface Step {
  line: number;
  op: Op;
  text: string;
  result: Result;
}

/** The state of the node after a step. */
export interface Moment {
  /** The number of applied Ops. */
  at: number;
  hash: string;
  /** The changes by the last Op; undefined before the first Op. */
  diff: Diff | undefined;
}

/** The number of Ops per call. */
const batch = 200;
/** The maximum number of forks. */
const forksMax = 200;

/**
 * A replayed trace with random access to its steps. It keeps forks of the node at intervals. To reach an earlier step,
 * it starts from the nearest fork before it. A fork lacks open handles (transactions, writers, readers, named forks),
 * so no fork is taken while a handle is open.
 *
 * Invariants: `#forks` is in ascending order of `at` and starts with 0; `#node` is the node after `#at` Ops.
 */
export class Recording {
  readonly steps: readonly Step[];
  readonly #holdfast: Holdfast;
  readonly #forks: { at: number; node: HoldfastNode }[];
  #node: HoldfastNode;
  #at: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(holdfast: Holdfast, steps: Step[], forks: { at: number; node: HoldfastNode }[], node: HoldfastNode) {
    this.#holdfast = holdfast;
    this.steps = steps;
    this.#forks = forks;
    this.#node = node;
    this.#at = steps.length;
  }

  /** Applies a trace and reports the number of applied Ops. */
  static async make(holdfast: Holdfast, trace: Trace, onProgress: (done: number) => void): Promise<Recording> {
    const node = await holdfast.create(trace.setup);
    const forks = [{ at: 0, node: await node.fork() }];
    const every = Math.max(25, Math.ceil(trace.ops.length / forksMax));
    const steps: Step[] = [];
    const handles = new OpenHandles();
    for (let from = 0; from < trace.ops.length;) {
      const some = trace.ops.slice(from, from + Math.min(batch, every));
      const results = await node.apply(some.map(({ text }) => text).join("\n"));
      some.forEach((op, i) => {
        steps.push({ ...op, result: results[i]! });
        handles.update(op.op, results[i]!);
      });
      from += some.length;
      if (handles.empty) {
        forks.push({ at: from, node: await node.fork() });
      }
      onProgress(from);
    }
    return new Recording(holdfast, steps, forks, node);
  }

  get length(): number {
    return this.steps.length;
  }

  /** Returns the state after `at` Ops. */
  to(at: number): Promise<Moment> {
    return this.#inTurn(() => this.#to(at));
  }

  /** Returns the database after `at` Ops as a file. */
  save(at: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#goTo(at);
      return this.#node.save();
    });
  }

  close(): void {
    this.#holdfast.close();
  }

  /** Serializes uses of the node. */
  #inTurn<Value>(use: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(use);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #to(at: number): Promise<Moment> {
    const before = at - 1;
    if (before < 0) {
      await this.#goTo(0);
      return { at, hash: await this.#node.hash(), diff: undefined };
    }
    await this.#goTo(before);
    const was = await this.#node.fork();
    try {
      await this.#goTo(at);
      return { at, hash: await this.#node.hash(), diff: await was.diff(this.#node) };
    } finally {
      await was.close();
    }
  }

  async #goTo(at: number): Promise<void> {
    const nearest = this.#forks.findLast((fork) => fork.at <= at)!;
    if (at < this.#at || nearest.at > this.#at) {
      const node = await nearest.node.fork();
      await this.#node.close();
      this.#node = node;
      this.#at = nearest.at;
    }
    while (this.#at < at) {
      const some = this.steps.slice(this.#at, Math.min(at, this.#at + batch));
      await this.#node.apply(some.map(({ text }) => text).join("\n"));
      this.#at += some.length;
    }
  }
}

/** The Ops that open and close handles. */
const opens = new Set(["tx.begin", "writers.open", "readers.open", "node.fork"]);
const closes = new Set(["tx.commit", "tx.rollback", "writers.close", "writers.commit", "readers.close", "node.drop"]);

/** The open handles and suspended calls of a node. */
class OpenHandles {
  readonly #open = new Set<string>();

  get empty(): boolean {
    return this.#open.size === 0;
  }

  update(op: Op, result: Result): void {
    const name = `${op.op.split(".", 1)[0]} ${String(op["fork"] ?? "")} ${String(op["name"] ?? "")}`;
    if (result.code === "pending") {
      this.#open.add(`call ${String(op["call"])}`);
    } else if (op.op === "node.kill" || op.op === "node.crash") {
      this.#open.clear();
    } else if (opens.has(op.op) && result.code === "ok") {
      this.#open.add(name);
    } else if (closes.has(op.op)) {
      this.#open.delete(name);
    } else if (op.op === "calls.resume" && typeof op["call"] === "string") {
      this.#open.delete(`call ${op["call"]}`);
    }
  }
}

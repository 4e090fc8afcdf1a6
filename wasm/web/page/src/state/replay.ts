import type { Diff, Holdfast, HoldfastNode, Op, Result, Trace } from "../../../src/index.js";

/** One Op of a trace, and what it came to. */
export interface Step {
  line: number;
  op: Op;
  text: string;
  result: Result;
}

/** The node after a step. */
export interface Moment {
  /** How many Ops were applied. */
  at: number;
  hash: string;
  /** Against the moment before; undefined at the beginning. */
  diff: Diff | undefined;
}

/** How many Ops are applied by one call. */
const batch = 200;
/** At most so many forks are kept to go back to. */
const forksMax = 200;

/**
 * A trace that is stepped through. Forks of the node are kept at intervals: to go back is to take up the nearest and go on from
 * there. A fork does not have what is open on a node (transactions, writers, forks with names), so none is kept while something is.
 */
export class Recording {
  readonly steps: readonly Step[];
  readonly #holdfast: Holdfast;
  readonly #forks: { at: number; node: HoldfastNode }[];
  #node: HoldfastNode; // at #at
  #at: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(holdfast: Holdfast, steps: Step[], forks: { at: number; node: HoldfastNode }[], node: HoldfastNode) {
    this.#holdfast = holdfast;
    this.steps = steps;
    this.#forks = forks;
    this.#node = node;
    this.#at = steps.length;
  }

  /** Applies a trace, and tells how far it is. */
  static async make(holdfast: Holdfast, trace: Trace, onProgress: (done: number) => void): Promise<Recording> {
    const node = await holdfast.create(trace.setup);
    const forks = [{ at: 0, node: await node.fork() }];
    const every = Math.max(25, Math.ceil(trace.ops.length / forksMax));
    const steps: Step[] = [];
    const open = new Handles();
    for (let from = 0; from < trace.ops.length;) {
      const some = trace.ops.slice(from, from + Math.min(batch, every));
      const results = await node.apply(some.map(({ text }) => text).join("\n"));
      some.forEach((op, i) => {
        steps.push({ ...op, result: results[i]! });
        open.see(op.op, results[i]!);
      });
      from += some.length;
      if (open.none) {
        forks.push({ at: from, node: await node.fork() });
      }
      onProgress(from);
    }
    return new Recording(holdfast, steps, forks, node);
  }

  get length(): number {
    return this.steps.length;
  }

  /** Brings the node to the moment after so many Ops. */
  to(at: number): Promise<Moment> {
    return this.#inTurn(() => this.#to(at));
  }

  /** What is stored at a moment, as a database file. */
  save(at: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#goTo(at);
      return this.#node.save();
    });
  }

  close(): void {
    this.#holdfast.close();
  }

  /** Each use of the node waits for the one before. */
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

/** What opens something on a node, and what gives it up again. */
const opens = new Set(["tx.begin", "writers.open", "readers.open", "node.fork"]);
const closes = new Set(["tx.commit", "tx.rollback", "writers.close", "writers.commit", "readers.close", "node.drop"]);

/** What is open on a node. */
class Handles {
  readonly #open = new Set<string>();

  get none(): boolean {
    return this.#open.size === 0;
  }

  see(op: Op, result: Result): void {
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

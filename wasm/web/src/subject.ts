import type { Diff, Fsck, Plan, Sized, Top, Tree, Why } from "./answers.js";
import type { Asked, Answered, CallOptions, Calls } from "./calls.js";
import { HoldfastError } from "./error.js";
import { run, type Watch } from "./job.js";

/** Knows what is open on an instance. */
export interface Keeper {
  readonly calls: Calls;
  /** Something was opened, or closed. */
  opened(): void;
  closed(): void;
}

/**
 * What can be asked questions: a node or a file. Every method asks the module, in the order of calls, and rejects with a
 * HoldfastError: `failed_precondition` after `close`, `unavailable` once the instance has ended.
 */
export abstract class Subject implements AsyncDisposable {
  readonly #keeper: Keeper;
  readonly #handle: number;
  #closed = false;

  /** Subjects come from `Holdfast`, and from one another. */
  constructor(keeper: Keeper, handle: number) {
    this.#keeper = keeper;
    this.#handle = handle;
    keeper.opened();
  }

  /** What a collection would remove; with names of nodes of the graph, if these were deleted first. */
  plan(options: { deleted?: string[] } & CallOptions = {}): Promise<Plan> {
    const { deleted, signal } = options;
    return this.value({ verb: "plan", args: { deleted }, signal });
  }

  /**
   * What keeps an object, or what came nearest to keeping it. It is named as in answers, or by a part of its name that only
   * one has. The `limit` of chains, roots and references of each sort is 16 by default.
   */
  why(node: string, options: { limit?: number } & CallOptions = {}): Promise<Why> {
    const { limit, signal } = options;
    return this.value({ verb: "why", args: { node, limit }, signal });
  }

  /** Who holds the bytes, with the first `limit` roots; without one, all. */
  top(options: { limit?: number } & CallOptions = {}): Promise<Top> {
    const { limit, signal } = options;
    return this.value({ verb: "top", args: { limit }, signal });
  }

  /** What is stored at and below a path, such as `"v1/default/images"`, or the name of a node; without one, all. */
  inspect(path?: string, options: CallOptions = {}): Promise<Tree> {
    return this.value({ verb: "inspect", args: { path }, ...options });
  }

  /** What is wrong. */
  fsck(options: CallOptions = {}): Promise<Fsck> {
    return this.value({ verb: "fsck", ...options });
  }

  /** All objects with their sizes. */
  objects(options: CallOptions = {}): Promise<Sized[]> {
    return this.value({ verb: "objects", ...options });
  }

  /** What is different about another, newer node or file of the same instance. */
  async diff(newer: Subject, options: CallOptions = {}): Promise<Diff> {
    if (!(newer instanceof Subject) || newer.#keeper !== this.#keeper) {
      throw new HoldfastError("invalid_argument", "diff: neither a node nor a file of the same instance");
    }
    newer.#check();
    return this.value({ verb: "diff", args: { with: newer.#handle }, ...options });
  }

  /** Gives it up: its memory is free for others. To close again, or after the instance has ended, does nothing. */
  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    try {
      await this.#keeper.calls.ask({ verb: "close", node: this.#handle });
    } catch (fault) {
      if (this.#keeper.calls.ended === undefined) {
        throw fault;
      }
    } finally {
      this.#keeper.closed();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks for an answer. */
  protected async ask<Value>(asked: Asked): Promise<Answered<Value>> {
    this.#check();
    return this.#keeper.calls.ask({ ...asked, node: this.#handle });
  }

  /** Asks for an answer's value. */
  protected async value<Value>(asked: Asked): Promise<Value> {
    return (await this.ask<Value>(asked)).value;
  }

  /** Has a job done. */
  protected async job<Sofar, Result>(begin: Asked, watch: Watch<Sofar>): Promise<Result> {
    this.#check();
    return run(this.#keeper.calls, { ...begin, node: this.#handle }, watch);
  }

  /** Asks for another subject. */
  protected async open<S extends Subject>(asked: Asked, make: new (keeper: Keeper, handle: number) => S): Promise<S> {
    this.#check();
    return open(this.#keeper, { ...asked, node: this.#handle }, make);
  }

  #check(): void {
    if (this.#closed) {
      throw new HoldfastError("failed_precondition", "it was closed");
    }
  }
}

/** Makes a call that opens something, and closes that again if nobody waits for it any more. */
export async function open<S extends Subject>(keeper: Keeper, asked: Asked, make: new (keeper: Keeper, handle: number) => S): Promise<S> {
  const { value } = await keeper.calls.ask<{ node: number }>(asked, (late) => {
    void keeper.calls.ask({ verb: "close", node: late.value.node }).catch(() => undefined);
  });
  return new make(keeper, value.node);
}

import type { Accounting, Diff, Fsck, ObjectSize, Plan, Top, Tree, Why } from "./answers.js";
import type { CallOptions, Calls, VerbCall, VerbResult } from "./calls.js";
import { HoldfastError } from "./error.js";
import { run, type Watch } from "./job.js";
import { timeOf } from "./values.js";

/** The owner of subjects. It counts the open ones. */
export interface Owner {
  readonly calls: Calls;
  /** Called when a subject is opened or closed. */
  opened(): void;
  closed(): void;
}

/**
 * A node or a file, which answers queries. Calls run in order. They reject with a HoldfastError, for example with
 * `failed_precondition` after `close` and with `unavailable` after the instance has ended.
 */
export abstract class Subject implements AsyncDisposable {
  readonly #owner: Owner;
  readonly #handle: number;
  #closed = false;

  /** For this package: the methods of `Holdfast` and of subjects open subjects. */
  constructor(owner: Owner, handle: number) {
    this.#owner = owner;
    this.#handle = handle;
    owner.opened();
  }

  /**
   * The objects that a collection would remove. Assumes that the objects that `deleted` selects are deleted
   * (hypothetical). A selection is a node, `holder/NODE` for all objects of its holder, `namespace/NAME`, or a pattern
   * such as `lease/moby/*`. Fails if one selects nothing. With `until`, the plan lists the expiries up to that time.
   * With `others`, it lists the differences of the plans of other versions of containerd, each of which takes as long
   * as the plan.
   */
  async plan(options: { deleted?: string[]; until?: Date | string; others?: boolean } & CallOptions = {}): Promise<Plan> {
    const { deleted, until, others, signal } = options;
    return this.value({ verb: "plan", args: { deleted, until: until === undefined ? undefined : timeOf(until), others }, signal });
  }

  /**
   * Attributes all bytes to holders, as `holdfast top` does. `byName` makes each root a holder of its own. `limit` is
   * the maximum number of holders and of shared parts, `holdersPerSet` of the names of a shared part; default: all.
   */
  account(options: { byName?: boolean; limit?: number; holdersPerSet?: number } & CallOptions = {}): Promise<Accounting> {
    const { signal, ...args } = options;
    return this.value({ verb: "account", args, signal });
  }

  /**
   * Explains why an object is kept or removed. `node` is its name or a unique part of it. `limit` is the maximum number
   * of chains, roots and references of each kind; default: 16.
   */
  why(node: string, options: { limit?: number } & CallOptions = {}): Promise<Why> {
    const { limit, signal } = options;
    return this.value({ verb: "why", args: { node, limit }, signal });
  }

  /** The roots by retained size, at most `limit`; default: all. */
  top(options: { limit?: number } & CallOptions = {}): Promise<Top> {
    const { limit, signal } = options;
    return this.value({ verb: "top", args: { limit }, signal });
  }

  /**
   * Decodes the buckets and values at and below a path, for example `"v1/default/images"`, or of an object; default:
   * all.
   */
  inspect(path?: string, options: CallOptions = {}): Promise<Tree> {
    return this.value({ verb: "inspect", args: { path }, ...options });
  }

  /** Checks the database. */
  fsck(options: CallOptions = {}): Promise<Fsck> {
    return this.value({ verb: "fsck", ...options });
  }

  /** All objects with their sizes. */
  objects(options: CallOptions = {}): Promise<ObjectSize[]> {
    return this.value({ verb: "objects", ...options });
  }

  /** The changes from this node or file to a newer one of the same instance. */
  async diff(newer: Subject, options: CallOptions = {}): Promise<Diff> {
    if (!(newer instanceof Subject) || newer.#owner !== this.#owner) {
      throw new HoldfastError("invalid_argument", "diff: newer is not a node or file of the same instance");
    }
    newer.#check();
    return this.value({ verb: "diff", args: { with: newer.#handle }, ...options });
  }

  /** Releases the memory. Closing twice, or after the instance has ended, does nothing. */
  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    try {
      await this.#owner.calls.call({ verb: "close", node: this.#handle });
    } catch (error) {
      if (this.#owner.calls.ended === undefined) {
        throw error;
      }
    } finally {
      this.#owner.closed();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls a verb on the subject. */
  protected async call<Value>(call: VerbCall): Promise<VerbResult<Value>> {
    this.#check();
    return this.#owner.calls.call({ ...call, node: this.#handle });
  }

  /** Calls a verb on the subject and returns the value. */
  protected async value<Value>(call: VerbCall): Promise<Value> {
    return (await this.call<Value>(call)).value;
  }

  /** Runs a job on the subject. */
  protected async job<State, Result>(begin: VerbCall, watch: Watch<State>): Promise<Result> {
    this.#check();
    return run(this.#owner.calls, { ...begin, node: this.#handle }, watch);
  }

  /** Calls a verb that opens another subject. */
  protected async open<S extends Subject>(call: VerbCall, make: new (owner: Owner, handle: number) => S): Promise<S> {
    this.#check();
    return open(this.#owner, { ...call, node: this.#handle }, make);
  }

  #check(): void {
    if (this.#closed) {
      throw new HoldfastError("failed_precondition", "the node or file was closed");
    }
  }
}

/** Calls a verb that opens a subject. If the call is cancelled while it runs, the subject is closed. */
export async function open<S extends Subject>(owner: Owner, call: VerbCall, make: new (owner: Owner, handle: number) => S): Promise<S> {
  const { value } = await owner.calls.call<{ node: number }>(call, (late) => {
    void owner.calls.call({ verb: "close", node: late.value.node }).catch(() => undefined);
  });
  return new make(owner, value.node);
}

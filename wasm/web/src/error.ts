/**
 * The class of an error, as ABI.md lists them.
 *
 * `unavailable` also stands for an instance that has ended, `canceled` for a signal that was aborted, `failed_precondition`
 * for a node that was closed.
 */
export type Code =
  | "down"
  | "canceled"
  | "deadline_exceeded"
  | "invalid_argument"
  | "not_found"
  | "already_exists"
  | "failed_precondition"
  | "unavailable"
  | "not_implemented"
  | "permission_denied"
  | "unauthenticated"
  | "resource_exhausted"
  | "conflict"
  | "not_modified"
  | "aborted"
  | "out_of_range"
  | "data_loss"
  | "internal"
  | "unknown";

/** The only error that this package throws, and rejects with. */
export class HoldfastError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HoldfastError";
    this.code = code;
  }
}

/** What a signal's abort is reported as; its reason is the cause. */
export function canceled(signal: AbortSignal): HoldfastError {
  return new HoldfastError("canceled", "the signal was aborted", { cause: signal.reason });
}

/** What every call to an instance that has ended fails with. */
export function ended(why: string): HoldfastError {
  return new HoldfastError("unavailable", `the instance has ended, and its nodes are gone: start another: ${why}`);
}

/** Whatever was thrown, as a sentence. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

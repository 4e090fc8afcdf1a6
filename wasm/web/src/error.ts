/**
 * The class of an error; ABI.md lists all classes.
 *
 * The package itself also uses `unavailable` for an instance that has ended, `canceled` for an aborted signal, and
 * `failed_precondition` for a closed node or file.
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

/**
 * The reason why a database file cannot be opened; ABI.md lists all but `unreadable`: the browser cannot read the File.
 */
export type FileReason =
  | "not_bolt"
  | "bad_version"
  | "foreign"
  | "truncated"
  | "bad_gzip"
  | "too_large"
  | "damaged"
  | "no_database"
  | "unreadable";

/** The only class of errors that this package throws. Branch on `code` and `reason`, never on the message. */
export class HoldfastError extends Error {
  readonly code: Code;
  readonly reason: FileReason | undefined;

  constructor(code: Code, message: string, options?: ErrorOptions & { reason?: FileReason | undefined }) {
    super(message, options);
    this.name = "HoldfastError";
    this.code = code;
    this.reason = options?.reason;
  }
}

/** Returns the error for an aborted signal. Its cause is the reason of the signal. */
export function canceled(signal: AbortSignal): HoldfastError {
  return new HoldfastError("canceled", "the signal was aborted", { cause: signal.reason });
}

/** Returns the error of every call to an instance that has ended. */
export function ended(cause: string): HoldfastError {
  return new HoldfastError("unavailable", `the instance has ended and its nodes are lost; start a new one: ${cause}`);
}

/** The message of a thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

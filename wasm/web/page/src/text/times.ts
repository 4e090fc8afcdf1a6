/** A time as a person reads it, in UTC to the second. */
export function time(rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC`;
}

/** What a field of type datetime-local holds for a time, in UTC. */
export function toField(rfc3339: string): string {
  return rfc3339.slice(0, 19);
}

/** The time in a field of type datetime-local, taken as UTC; undefined if there is none. */
export function fromField(value: string): string | undefined {
  const date = new Date(`${value}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export function later(rfc3339: string, days: number): string {
  return new Date(Date.parse(rfc3339) + days * 86_400_000).toISOString();
}

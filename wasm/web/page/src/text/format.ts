import type { Part } from "../../../src/index.js";

const units = "KMGTPE";

/** Formats a size like the command: 839 B, 5.6 KiB. */
export function bytes(n: number): string {
  if (n < 1024) {
    return `${Math.round(n)} B`;
  }
  let size = n;
  let unit = -1;
  while (size >= 1023.95 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(1)} ${units[unit]}iB`;
}

/**
 * Formats a size that lacks snapshots of unknown size, like the command: "5.6 KiB+?", or "unknown" if it lacks all or
 * is itself unknown (-1). `unsized` is their number.
 */
export function size(n: number, unsized: number): string {
  return n < 0 ? "unknown" : unsized === 0 ? bytes(n) : n === 0 ? "unknown" : `${bytes(n)}+?`;
}

/** Formats the size of a part. */
export function sizeOf(part: Part): string {
  return size(part.bytes, part.unsizedSnapshots);
}

/** Shared, because making it takes longer than a hundred uses. */
const separated = new Intl.NumberFormat("en-US");

/** Formats a number with thousands separators; "unknown" for -1. */
export function count(n: number): string {
  return n < 0 ? "unknown" : separated.format(n);
}

/** Formats a count with its noun. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return n < 0 ? `an unknown number of ${many}` : n === 1 ? `1 ${one}` : `${count(n)} ${many}`;
}

/** Formats a part as a percentage of a whole; "0 %" if the whole is 0. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) {
    return "0 %";
  }
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? "< 1 %" : `${Math.round(share)} %`;
}

/** Formats a duration, given in seconds, in a suitable unit. */
export function seconds(s: number): string {
  if (s < 0.001) {
    return `${(s * 1e6).toFixed(0)} µs`;
  }
  if (s < 1) {
    return `${(s * 1e3).toFixed(s < 0.01 ? 1 : 0)} ms`;
  }
  if (s < 90) {
    return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  }
  return s < 5400 ? `${(s / 60).toFixed(0)} min` : `${(s / 3600).toFixed(1)} h`;
}

/** Formats a time in UTC, to the second. */
export function time(rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 19)} UTC`;
}

/** The value of a datetime-local field for a time, in UTC. */
export function toField(rfc3339: string): string {
  return rfc3339.slice(0, 19);
}

/** The time in a datetime-local field, in UTC; undefined if the field is empty. */
export function fromField(value: string): string | undefined {
  const date = new Date(`${value}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Returns the time `days` days later. */
export function later(rfc3339: string, days: number): string {
  return new Date(Date.parse(rfc3339) + days * 86_400_000).toISOString();
}

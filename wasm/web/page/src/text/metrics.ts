import type { Metric } from "../../../src/index.js";
import { count, bytes, seconds } from "./format.js";

/** The titles and descriptions of metrics by name. For all of them, less is better. */
export const metrics: Record<string, { title: string; meaning: string }> = {
  "mean bytes": { title: "Disk, mean", meaning: "bytes of images, snapshots and builds, averaged over time" },
  "p95 bytes": { title: "Disk, p95", meaning: "bytes that are not exceeded 95 % of the time" },
  "peak bytes": { title: "Disk, peak", meaning: "maximum bytes at any time" },
  "garbage byte-hours": { title: "Garbage", meaning: "unreachable bytes on the disk, times the hours until their removal" },
  "bytes pulled again": { title: "Repulled", meaning: "bytes pulled or built again after their eviction" },
  "time to removal": { title: "To removal", meaning: "average time from becoming garbage to removal" },
  collections: { title: "Collections", meaning: "number of garbage collections" },
  "pause p95": { title: "Pause, p95", meaning: "pause of writers that 95 % of collections do not exceed" },
  "pause max": { title: "Pause, max", meaning: "longest pause of writers" },
  "disk full": { title: "Disk full", meaning: "containers and builds that failed because the disk was full" },
};

/** Formats a value in its unit. */
export function figure(value: number, unit: string): string {
  switch (unit) {
    case "bytes":
      return bytes(value);
    case "byte-hours":
      return `${bytes(value)}·h`;
    case "seconds":
      return value === 0 ? "0" : seconds(value);
    default:
      return value === Math.round(value) ? count(value) : value.toFixed(1);
  }
}

/** Formats the change of a mean since an earlier run; "" without a change. */
export function change(now: Metric, before: Metric | undefined): string {
  if (before === undefined || before.mean === now.mean) {
    return "";
  }
  const by = now.mean - before.mean;
  return before.mean === 0
    ? `${by > 0 ? "+" : "−"}${figure(Math.abs(by), now.unit)}`
    : `${by > 0 ? "+" : "−"}${Math.round((100 * Math.abs(by)) / before.mean)} %`;
}

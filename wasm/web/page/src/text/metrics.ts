import type { Metric } from "../../../src/index.js";
import { count, bytes, seconds } from "./numbers.js";

/** What a metric is called, and what it means. Of all of them less is better. */
export const metrics: Record<string, { title: string; meaning: string }> = {
  "mean bytes": { title: "Disk, mean", meaning: "on the disk by images, snapshots and builds, averaged over time" },
  "p95 bytes": { title: "Disk, p95", meaning: "not exceeded for 95 % of the time" },
  "peak bytes": { title: "Disk, peak", meaning: "most at any time" },
  "garbage byte-hours": { title: "Garbage", meaning: "reachable from nothing and still on the disk, times the hours of that" },
  "bytes pulled again": { title: "Pulled again", meaning: "pulled or built again after it had been let go of" },
  "time to removal": { title: "To removal", meaning: "from being held by nothing to being removed, on average" },
  collections: { title: "Collections", meaning: "of garbage" },
  "pause p95": { title: "Pause, p95", meaning: "of writers by a collection: not exceeded by 95 % of them" },
  "pause max": { title: "Pause, max", meaning: "the longest" },
  "disk full": { title: "Disk full", meaning: "containers and builds for which there was no room when they came" },
};

/** A figure in its unit. */
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

/** How a figure differs from an earlier one; "" if it doesn't. */
export function change(now: Metric, before: Metric | undefined): string {
  if (before === undefined || before.mean === now.mean) {
    return "";
  }
  const by = now.mean - before.mean;
  return before.mean === 0
    ? `${by > 0 ? "+" : "−"}${figure(Math.abs(by), now.unit)}`
    : `${by > 0 ? "+" : "−"}${Math.round((100 * Math.abs(by)) / before.mean)} %`;
}
